"""Audio in a bucket: S3, or a service like it."""
