"""What the service writes down and looks up, in its own words <-> the store."""
