"""trim_timelines: takes away what has been kept as long as the rulebook says."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Feature, House

_CYCLES = ("snapshots/", "segments/", "moves/")


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.timeline, access.READ, access.WRITE, access.DELETE),
        access.table(data.profiles, access.READ, access.WRITE, access.SCAN),
        access.table(data.identities, access.LOOK_UP),
        access.table(data.rulebooks, access.READ),
        *access.read_objects(data.lake, *_CYCLES),
        access.delete_objects(data.lake, *_CYCLES),
    ]


FEATURE = Feature(
    name="trim_timelines",
    settings=("timeline_table", "profiles_table", "identities_table", "rulebooks_table", "lake_bucket"),
    allow=_allow,
    timeout=900,
    memory=1769,
)
