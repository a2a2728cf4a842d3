"""What several nodes share by Redis."""
