"""Minutes by season over roads, terrain and crossings."""
