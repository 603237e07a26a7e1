"""The catalogue: the models, their options and prices, and the rules for what staff enter."""
