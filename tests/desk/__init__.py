"""The desk: pages, people, listening."""
