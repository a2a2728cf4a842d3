"""What people are told of their links and tracks, and how it reaches them."""
