"""What this program sends to other machines of its own accord. Nothing else connects anywhere."""
