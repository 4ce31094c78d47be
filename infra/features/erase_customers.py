"""erase_customers: carries out the erasures that were asked for, and looks after them each night."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Feature, House

HOLDS_PEOPLE = ("snapshots/", "segments/", "moves/", "decisions/", "staged/", "quarantine/", "mailings/")
"""What is written anew without the person."""


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.timeline, access.READ, access.WRITE),
        access.table(data.profiles, access.READ, access.WRITE),
        access.table(data.identities, access.READ, access.WRITE),
        access.table(data.rulebooks, access.READ),
        access.table(data.answers, access.READ, access.WRITE),
        access.secret(data.hash_key_arn),
        *access.read_objects(data.lake, *HOLDS_PEOPLE, "inbound/", "outcomes/"),
        access.write_objects(data.lake, *HOLDS_PEOPLE, "outcomes/erasures/", "outcomes/erasing/"),
        access.delete_objects(
            data.lake, "decisions/", "mailings/", "quarantine/", "inbound/", "outcomes/erasing/"
        ),
        *access.read_objects(data.drops, ""),
        access.delete_objects(data.drops, ""),
    ]


FEATURE = Feature(
    name="erase_customers",
    settings=(
        "timeline_table",
        "profiles_table",
        "identities_table",
        "rulebooks_table",
        "answers_table",
        "lake_bucket",
        "drops_bucket",
        "hash_key_secret",
    ),
    allow=_allow,
    timeout=900,
    memory=1769,
    layers=("columns",),
    scratch=6144,
)
