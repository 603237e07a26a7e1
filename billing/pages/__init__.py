"""The pages about credits: usage and billing, and the balance beside every page."""
