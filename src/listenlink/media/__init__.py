"""All sound: files, folders and signed addresses of audio, and how long it lasts."""
