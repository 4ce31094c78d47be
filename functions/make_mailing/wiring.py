"""The adapters of make_mailing, built once per cold start."""

from dataclasses import dataclass
from functools import cache

from courtesy.decisions.policy import policy_of
from courtesy.messages.post import Posting
from courtesy.messages.render import Renderer
from courtesy.messages.typeset import Typesetter
from courtesy.messages.vendors import VendorRoads
from courtesy.ports import Clock, CustomerStore, Queue
from courtesy_aws.clock import now
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.queues import SqsQueue
from courtesy_aws.secrets import hash_key
from courtesy_aws.tables.blocks import DynamoBlockStore, RememberedBlocks
from courtesy_aws.tables.rulebooks import DynamoRulebookStore, OfCurrent
from courtesy_aws.vendor import S3MailingShelf
from functions.make_mailing.settings import Settings


@dataclass
class Outside:
    """What lasts between invocations."""

    settings: Settings
    store: CustomerStore
    makers: OfCurrent[tuple[Renderer, Typesetter]]
    shelf: S3MailingShelf
    vendor_queue: Queue
    vendor_api_queue: Queue
    clock: Clock = now

    def posting(self) -> Posting:
        """What one invocation makes mailings with."""
        rulebook, (renderer, typesetter) = self.makers()
        return Posting(
            store=self.store,
            shelf=self.shelf,
            vendor_queue=VendorRoads(self.vendor_queue, self.vendor_api_queue, rulebook.messages),
            renderer=renderer,
            policy=policy_of(rulebook),
            typesetter=typesetter,
            hash_key=hash_key(self.settings.hash_key_secret),
            clock=self.clock,
        )


@cache
def wire() -> Outside:
    """The adapters, made at the first batch."""
    settings = Settings.load()
    blocks = RememberedBlocks(DynamoBlockStore(settings.rulebooks_table))
    return Outside(
        settings=settings,
        store=DynamoCustomerStore(settings.timeline_table, settings.profiles_table),
        makers=OfCurrent(
            DynamoRulebookStore(settings.rulebooks_table),
            lambda rulebook: (Renderer(rulebook, blocks), Typesetter(rulebook.messages.print_frames)),
        ),
        shelf=S3MailingShelf(settings.lake_bucket),
        vendor_queue=SqsQueue(settings.vendor_queue_url),
        vendor_api_queue=SqsQueue(settings.vendor_api_queue_url),
    )
