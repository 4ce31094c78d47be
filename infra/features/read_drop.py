"""read_drop: reads a dropped file in columns, compares it with the source's last state, stages what is new."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Consume, Feature, House


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.rulebooks, access.READ),
        *access.read_objects(data.drops, ""),
        *access.read_objects(data.lake, "staged/", "source_state/", "outcomes/files/", "quarantine/"),
        access.write_objects(data.lake, "staged/", "source_state/", "outcomes/files/", "quarantine/"),
        access.delete_objects(data.lake, "staged/", "source_state/", "quarantine/"),
        access.send(house.queues["chunks"].queue),
    ]


FEATURE = Feature(
    name="read_drop",
    settings=(
        "rulebooks_table",
        "drops_bucket",
        "lake_bucket",
        "chunks_queue_url",
    ),
    allow=_allow,
    timeout=900,
    memory=3008,
    consumes={"drops": Consume(batch=1, at_once=10)},
    layers=("columns",),
    scratch=10240,  # a file of 5 GB, and what is put aside while it is read
)
