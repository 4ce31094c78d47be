"""The adapters of send_email, built once per cold start; only the time left changes from one invocation to the next."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from courtesy.decisions.policy import policy_of
from courtesy.messages.render import Renderer
from courtesy.messages.send import Sending
from courtesy.ports import Clock, CustomerStore
from courtesy_aws.clock import now
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.mailer import SesMailer
from courtesy_aws.secrets import hash_key
from courtesy_aws.tables.blocks import DynamoBlockStore, RememberedBlocks
from courtesy_aws.tables.rulebooks import DynamoRulebookStore, OfCurrent
from functions.send_email.settings import Settings


@dataclass
class Outside:
    """What lasts between invocations."""

    settings: Settings
    store: CustomerStore
    renderer: OfCurrent[Renderer]
    clock: Clock = now

    def sending(self, remaining_ms: Callable[[], int]) -> Sending:
        """What one invocation sends with."""
        rulebook, renderer = self.renderer()
        return Sending(
            store=self.store,
            mailer=SesMailer(
                self.settings.configuration_set, self.settings.sender, remaining_ms, self.settings.sets()
            ),
            renderer=renderer,
            policy=policy_of(rulebook),
            hash_key=hash_key(self.settings.hash_key_secret),
            public_url=self.settings.public_url,
            inbound_domain=self.settings.inbound_domain,
            clock=self.clock,
        )


@cache
def wire() -> Outside:
    """The adapters, made at the first batch."""
    settings = Settings.load()
    store = DynamoCustomerStore(settings.timeline_table, settings.profiles_table)
    blocks = RememberedBlocks(DynamoBlockStore(settings.rulebooks_table))
    rulebooks = DynamoRulebookStore(settings.rulebooks_table)
    return Outside(settings, store, OfCurrent(rulebooks, lambda rulebook: Renderer(rulebook, blocks)))
