"""Two times nine feeds of people whom nobody else on the installation resembles; each time they arrive in another order."""

from tests.integration.identity.feeds import FEBRL, Feed, cut, people


def nine_feeds() -> dict[str, list[Feed]]:
    """Suffix of the sources -> feeds; empty where the reference file is not beside the checkout."""
    if not FEBRL.exists():
        return {}
    return {"": cut(people(40)), "_again": cut(people(1040, 1000), 12, "_again")}
