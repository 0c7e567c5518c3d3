"""A seeded, made-up town that speaks the real wire formats: the demo, and the oracle of the tests."""
