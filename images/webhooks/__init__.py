"""Webhooks: endpoints, the events that are written for them, and their delivery."""
