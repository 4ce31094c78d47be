"""send_email: claims a due contact on a fresh look at the law, and sends it once."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Consume, Feature, House


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.timeline, access.READ, access.WRITE),
        access.table(data.profiles, access.READ, access.WRITE),
        access.table(data.rulebooks, access.READ),
        access.secret(data.hash_key_arn),
        house.mail.send,
    ]


FEATURE = Feature(
    name="send_email",
    settings=(
        "timeline_table",
        "profiles_table",
        "rulebooks_table",
        "configuration_set",
        "division_sets",
        "inbound_domain",
        "sender",
        "public_url",
        "hash_key_secret",
    ),
    allow=_allow,
    timeout=60,
    memory=1024,
    consumes={"email": Consume(batch=10, at_once=5)},
)
