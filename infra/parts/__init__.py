"""Building blocks that features are made of."""
