"""Pictures that users upload, to edit or to use as references."""
