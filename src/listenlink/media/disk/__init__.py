"""What every storage does on the instance's own disk: drafts that arrive, turns, room, and its faults."""
