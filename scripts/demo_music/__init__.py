"""Composes the demonstration's music and renders it to the files that the package holds: `make music`."""
