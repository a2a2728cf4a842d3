"""What one open comes to: decided by a pure rule, limited by client, kept a batch at a time."""
