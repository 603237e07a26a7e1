"""What the service must reach, measured: `make bench`."""
