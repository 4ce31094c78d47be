"""Record what became of contacts: one folder, one Lambda function."""
