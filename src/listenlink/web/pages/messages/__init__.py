"""What pages say, in each language."""
