"""decide_part: finds a part's candidates by the triggers' criteria and decides each of them."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Feature, House


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.timeline, access.READ, access.WRITE),
        access.table(data.profiles, access.READ, access.WRITE),
        access.table(data.rulebooks, access.READ),
        access.secret(data.hash_key_arn),
        *access.read_objects(data.lake, "snapshots/", "segments/", "decisions/", "outcomes/cycles/"),
        access.write_objects(data.lake, "decisions/"),
        access.delete_objects(data.lake, "decisions/"),
    ]


FEATURE = Feature(
    name="decide_part",
    settings=(
        "timeline_table",
        "profiles_table",
        "lake_bucket",
        "rulebooks_table",
        "hash_key_secret",
    ),
    allow=_allow,
    timeout=900,
    memory=3008,
    layers=("columns",),
    scratch=4096,
)
