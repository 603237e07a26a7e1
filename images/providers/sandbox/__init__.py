"""The sandbox provider: it renders pictures locally instead of calling a model."""
