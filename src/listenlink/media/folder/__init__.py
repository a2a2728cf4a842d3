"""Audio in the instance's folder: drafts that arrive, objects that stay."""
