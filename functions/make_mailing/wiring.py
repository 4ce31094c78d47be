"""The adapters of make_mailing, built once per cold start."""

from dataclasses import dataclass
from functools import cache

from courtesy.decisions.policy import policy_of
from courtesy.messages.post import Posting
from courtesy.messages.render import BlocksOf, Renderer
from courtesy.messages.typeset import Typesetter
from courtesy.messages.vendors import VendorRoads
from courtesy.ports import Clock, CustomerStore, Queue, RulebookStore
from courtesy_aws.clock import now
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.queues import SqsQueue
from courtesy_aws.secrets import hash_key
from courtesy_aws.tables.blocks import DynamoBlockStore, RememberedBlocks
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from courtesy_aws.vendor import S3MailingShelf
from functions.make_mailing.settings import Settings


@dataclass
class Outside:
    """What lasts between invocations; renderer and typesetter as long as their rulebook is the current one."""

    settings: Settings
    store: CustomerStore
    rulebooks: RulebookStore
    shelf: S3MailingShelf
    vendor_queue: Queue
    vendor_api_queue: Queue
    blocks: BlocksOf
    made: tuple[Renderer, Typesetter] | None = None
    clock: Clock = now

    def posting(self) -> Posting:
        """What one invocation makes mailings with."""
        rulebook = self.rulebooks.current()
        if self.made is None or self.made[0].rulebook is not rulebook:
            self.made = Renderer(rulebook, self.blocks), Typesetter(rulebook.messages.print_frames)
        return Posting(
            store=self.store,
            shelf=self.shelf,
            vendor_queue=VendorRoads(self.vendor_queue, self.vendor_api_queue, rulebook.messages),
            renderer=self.made[0],
            policy=policy_of(rulebook),
            typesetter=self.made[1],
            hash_key=hash_key(self.settings.hash_key_secret),
            clock=self.clock,
        )


@cache
def wire() -> Outside:
    """The adapters, made at the first batch."""
    settings = Settings.load()
    return Outside(
        settings=settings,
        store=DynamoCustomerStore(settings.timeline_table, settings.profiles_table),
        rulebooks=DynamoRulebookStore(settings.rulebooks_table),
        shelf=S3MailingShelf(settings.lake_bucket),
        vendor_queue=SqsQueue(settings.vendor_queue_url),
        vendor_api_queue=SqsQueue(settings.vendor_api_queue_url),
        blocks=RememberedBlocks(DynamoBlockStore(settings.rulebooks_table)),
    )
