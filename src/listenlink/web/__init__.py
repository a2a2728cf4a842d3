"""HTTP: what a stranger or an owner can reach."""
