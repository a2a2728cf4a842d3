"""All that runs in the locked-down child, which alone uses FFmpeg, NumPy and Pillow; and what starts it."""
