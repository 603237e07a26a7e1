"""The pages about agents: how clients are connected, and the keys they come with."""
