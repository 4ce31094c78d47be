"""release_due: puts reserved contacts that are due on the queue of their channel, asks print pieces back."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.data_stack import DUE_INDEX
from infra.parts import access
from infra.parts.feature import Feature, House


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.timeline, access.READ, access.WRITE),
        access.table(data.profiles, access.READ, access.WRITE),
        access.table(data.rulebooks, access.READ),
        access.index(data.timeline, DUE_INDEX),
        access.send(
            *(
                house.queues[name].queue
                for name in ("email", "letter", "postcard", "sms", "vendor", "vendor_api")
            )
        ),
    ]


FEATURE = Feature(
    name="release_due",
    settings=(
        "timeline_table",
        "profiles_table",
        "rulebooks_table",
        "email_queue_url",
        "letter_queue_url",
        "postcard_queue_url",
        "sms_queue_url",
        "vendor_queue_url",
        "vendor_api_queue_url",
    ),
    allow=_allow,
    timeout=60,
    memory=512,
)
