"""Uploads: pictures that users bring in, to edit or to use as references."""
