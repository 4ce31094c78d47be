"""The DynamoDB tables."""
