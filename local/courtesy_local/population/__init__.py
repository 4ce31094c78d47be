"""Where the commands on the population find the lake."""
