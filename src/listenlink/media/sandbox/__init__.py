"""All that runs in the locked-down child, shut in with FFmpeg, NumPy and Pillow; and what starts it."""
