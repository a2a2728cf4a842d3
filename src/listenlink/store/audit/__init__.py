"""The audit's lines, and the counts made from them."""
