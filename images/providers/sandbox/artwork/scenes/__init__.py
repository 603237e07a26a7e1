"""The scenes of the sandbox provider."""
