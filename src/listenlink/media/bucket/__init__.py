"""Audio in a bucket: S3, or what speaks like it."""
