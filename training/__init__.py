"""How the shipped weights are made. Never installed with Kalkan; one command each, seeds fixed."""
