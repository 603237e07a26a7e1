"""Template filters for images."""
