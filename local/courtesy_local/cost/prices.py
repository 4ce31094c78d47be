"""Prices of AWS, us-east-1, US dollars, on demand, without free tiers and volume discounts.

List prices as known in June 2025, written down by hand and not looked up since; AWS's page `pricing` of each service has the
current ones. They change and differ by region; a figure of `courtesy cost` is as good as this table.
"""

AS_OF = "2025-06"
SOURCE = "list prices of us-east-1 on demand as known then, not looked up since"

PER_UNIT: dict[str, float] = {
    "dynamodb.write_units": 0.625e-6,
    "dynamodb.read_units": 0.125e-6,
    "s3.writes": 5.0e-6,
    "s3.reads": 0.4e-6,
    "sqs.requests": 0.4e-6,
    "sns.requests": 0.5e-6,
    "lambda.requests": 0.2e-6,
    "lambda.gb_seconds": 13.3334e-6,
    "states.transitions": 25.0e-6,
    "ses.messages": 100.0e-6,
}
"""Unit as the local server's meter names it -> dollars. Lambda on arm64; Step Functions standard workflows."""

PER_MONTH: dict[str, float] = {
    "dynamodb.gb": 0.25 + 0.20,
    "s3.gb": 0.023,
    "alarm": 0.10,
    "dashboard": 3.00,
    "secret": 0.40,
}
"""What stands for a month -> dollars; a GB in DynamoDB with point-in-time recovery."""
