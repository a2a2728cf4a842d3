"""The hot transaction of the open, and playback's point reads, on both databases."""
