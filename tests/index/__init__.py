"""The index and leads, without the desk."""
