"""snapshot_part: one part of the profiles as Parquet."""
