"""The pages about people: signing in, settings, export and deletion."""
