"""The wall clock. Use cases take the time as a parameter or a `ports.Clock`; this is the one that functions hand them."""

from datetime import UTC, datetime


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)
