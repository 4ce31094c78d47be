"""load_chunk: links a chunk's rows to customers, writes their events and folds their profiles."""
