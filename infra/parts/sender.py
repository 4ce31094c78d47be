"""The frame of functions that send one by one: e-mail and text messages claim, hand over and write down alike."""

from collections.abc import Callable, Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Consume, Feature, House


def sender(
    name: str,
    queue: str,
    settings: Sequence[str],
    send: Callable[[House], iam.PolicyStatement],
    *,
    at_once: int,
) -> Feature:
    """A function that takes its channel's queue ten at a time. settings: besides those that all of them have; send: its own right."""

    def allow(house: House) -> Sequence[iam.PolicyStatement]:
        data = house.data
        return [
            access.table(data.timeline, access.READ, access.WRITE),
            access.table(data.profiles, access.READ, access.WRITE),
            access.table(data.rulebooks, access.READ),
            access.secret(data.hash_key_arn),
            send(house),
        ]

    return Feature(
        name=name,
        settings=("timeline_table", "profiles_table", "rulebooks_table", "hash_key_secret", *settings),
        allow=allow,
        timeout=60,
        memory=1024,
        consumes={queue: Consume(batch=10, at_once=at_once)},
    )
