"""The sandbox provider: it paints pictures instead of calling a model."""
