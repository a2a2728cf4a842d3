"""How one open ends: decided by a pure rule, limited by client, committed a batch at a time."""
