"""What keeps one process alive: its parts, readiness, housekeeping, its shutdown."""
