"""decide_events: decides what triggers propose on an event, as soon as it is known."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Consume, Feature, House


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.timeline, access.READ, access.WRITE),
        access.table(data.profiles, access.READ, access.WRITE),
        access.table(data.identities, access.LOOK_UP),
        access.table(data.rulebooks, access.READ),
        access.secret(data.hash_key_arn),
        *access.read_objects(data.lake, "segments/", "outcomes/cycles/", "snapshots/"),
        access.write_objects(data.lake, "decisions/"),
    ]


FEATURE = Feature(
    name="decide_events",
    settings=(
        "timeline_table",
        "profiles_table",
        "identities_table",
        "rulebooks_table",
        "lake_bucket",
        "hash_key_secret",
    ),
    allow=_allow,
    timeout=120,
    memory=1024,
    consumes={"events": Consume(batch=10, at_once=10, wait=1)},
    layers=("columns",),
)
