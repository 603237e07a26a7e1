"""Stored files of images: names, signed links and downloads."""
