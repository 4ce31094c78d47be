"""Send due e-mails: one folder, one Lambda function."""
