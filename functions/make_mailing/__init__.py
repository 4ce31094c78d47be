"""Make print mailings: one folder, one Lambda function."""
