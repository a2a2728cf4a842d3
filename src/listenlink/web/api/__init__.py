"""What a key can reach, as JSON."""
