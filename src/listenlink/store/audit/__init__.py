"""The audit's lines, and what is counted from them."""
