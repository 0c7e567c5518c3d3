"""The desk's forms, one file an area."""
