"""Speed and accuracy, measured side by side in one run. Never a test: a shared machine is too noisy for that."""
