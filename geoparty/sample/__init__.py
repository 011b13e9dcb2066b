"""Synthetic projects on any commune polygons, and templates for new ones."""
