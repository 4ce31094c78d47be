"""The adapters of send_text, built once per cold start; only the time left changes from one invocation to the next."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from courtesy.decisions.policy import policy_of
from courtesy.messages.render import Renderer
from courtesy.messages.send_text import Texting
from courtesy.ports import Clock, CustomerStore
from courtesy_aws.clock import now
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.secrets import hash_key
from courtesy_aws.tables.rulebooks import DynamoRulebookStore, OfCurrent
from courtesy_aws.texter import EndUserMessaging
from functions.send_text.settings import Settings


@dataclass
class Outside:
    """What lasts between invocations."""

    settings: Settings
    store: CustomerStore
    renderer: OfCurrent[Renderer]
    clock: Clock = now

    def texting(self, remaining_ms: Callable[[], int]) -> Texting:
        """What one invocation sends with."""
        (rulebook, renderer), settings = self.renderer(), self.settings
        return Texting(
            store=self.store,
            texter=EndUserMessaging(settings.text_configuration_set, settings.text_origination, remaining_ms),
            renderer=renderer,
            policy=policy_of(rulebook),
            hash_key=hash_key(settings.hash_key_secret),
            clock=self.clock,
        )


@cache
def wire() -> Outside:
    """The adapters, made at the first batch."""
    settings = Settings.load()
    store = DynamoCustomerStore(settings.timeline_table, settings.profiles_table)
    return Outside(settings, store, OfCurrent(DynamoRulebookStore(settings.rulebooks_table), Renderer))
