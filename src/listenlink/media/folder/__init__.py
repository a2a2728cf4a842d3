"""Audio stored in the instance's folder."""
