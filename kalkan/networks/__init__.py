"""Doors to the outside: one file a network. The only place that speaks HTTP and websockets."""
