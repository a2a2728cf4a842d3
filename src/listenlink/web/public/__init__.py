"""What anybody can reach, without a key."""
