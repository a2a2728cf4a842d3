"""Audio in the instance's folder: drafts that are arriving, and objects that stay."""
