"""segment_part: the customers of one part get their places."""
