"""score_population: the figures that hold for the whole population."""
