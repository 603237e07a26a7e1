"""Edits by the sandbox provider: the source, changed within its mask, with the references as insets and a label."""
