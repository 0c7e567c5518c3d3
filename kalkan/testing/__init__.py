"""Suites that a part from elsewhere can run against itself: a reader, a network."""
