"""Stored files of images: their names, signed links and downloads."""
