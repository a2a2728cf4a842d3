"""The demo: music the project makes itself, to have something to share."""
