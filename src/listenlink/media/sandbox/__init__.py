"""All that runs in the locked-down child, alone with FFmpeg, NumPy and Pillow; and what starts it."""
