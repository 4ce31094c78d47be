"""Features, lifetime value, segments and movements of the whole population, over columns."""
