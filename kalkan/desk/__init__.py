"""The one Django app: everything people touch. Owns people, brands, watches and sources; never thinks about posts."""
