"""The dashboard: overview, generation, gallery, keys, usage, billing, settings."""
