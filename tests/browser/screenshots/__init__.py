"""Screenshots of every screen in every state, taken by `make screenshots` for comparison with the design."""
