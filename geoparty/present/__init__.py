"""What people take away: GeoJSON, Excel, maps, reports, in their language."""
