"""The benchmark suite that `make bench` runs, and its bounds."""
