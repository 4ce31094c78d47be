"""What loading tells deciding. Alone here because who loads carries neither DuckDB nor the rules of decisions."""

import msgspec


class EventMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some events of one customer that triggers may listen to, by their keys on the timeline.

    records: the person records ("source/id") through which they came. Events go with their record, so where a split has taken
    one to another customer meanwhile, the identity index says to whom.
    """

    customer_id: str
    keys: list[str]
    records: list[str] = []
