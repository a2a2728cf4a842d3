"""What keeps one process running: its parts, readiness, housekeeping and shutdown."""
