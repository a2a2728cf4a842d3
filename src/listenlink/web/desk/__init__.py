"""What a person who signed in can reach, as pages: the desk."""
