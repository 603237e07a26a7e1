"""Exports: a ZIP of everything an account contains."""
