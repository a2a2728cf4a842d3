"""Frozen values and pure rules; the time is always an argument."""
