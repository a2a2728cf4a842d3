"""Actions: one file for each thing that somebody does."""
