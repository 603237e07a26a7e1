"""The scenes that the sandbox can paint."""
