"""One network: its layers, gradient, optimizer, state and training."""
