"""read_drop: reads a dropped file in columns, compares it with the source's last state, stages what is new."""
