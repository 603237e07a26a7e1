"""Picture files: checks, crops, thumbnails, colour profiles and content credentials."""
