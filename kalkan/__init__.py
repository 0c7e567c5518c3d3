"""Kalkan: listen, read the room, answer well."""

__version__ = "0.1.0"
