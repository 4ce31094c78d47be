"""load_chunk: links a chunk's rows to customers, writes their events and folds their profiles."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Consume, Feature, House


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.timeline, access.READ, access.WRITE, access.DELETE),
        access.table(data.profiles, access.READ, access.WRITE, access.DELETE),
        access.table(data.identities, access.READ, access.WRITE, access.DELETE),
        access.table(data.rulebooks, access.READ),
        access.secret(data.hash_key_arn),
        *access.read_objects(data.lake, "staged/", "source_state/", "outcomes/files/", "quarantine/"),
        access.write_objects(data.lake, "staged/", "source_state/", "outcomes/files/", "quarantine/"),
        access.delete_objects(data.lake, "staged/", "source_state/"),
        access.send(house.queues["events"].queue),
    ]


FEATURE = Feature(
    name="load_chunk",
    settings=(
        "timeline_table",
        "profiles_table",
        "identities_table",
        "rulebooks_table",
        "lake_bucket",
        "events_queue_url",
        "hash_key_secret",
    ),
    allow=_allow,
    timeout=300,
    memory=1769,
    consumes={"chunks": Consume(batch=1, at_once=20)},
)
