"""Everything about audio: its files, folders and signed addresses, and how long it lasts."""
