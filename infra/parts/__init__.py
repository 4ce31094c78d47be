"""The pieces that several features are built of."""
