"""The adapters of erase_customers, built once per cold start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from courtesy.identity.ports import IdentityIndex
from courtesy.ports import Clock, CustomerStore, Lake, RulebookStore
from courtesy.privacy.certificate import certificate_of
from courtesy.privacy.erase import Erasing
from courtesy_aws.clock import now
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.identity_index import DynamoIdentityIndex
from courtesy_aws.lake import S3Lake
from courtesy_aws.secrets import hash_key
from courtesy_aws.tables.answers import DynamoAnswers
from courtesy_aws.tables.lease import DynamoLease
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from functions.erase_customers.settings import Settings


@dataclass(frozen=True)
class Outside:
    """What the use case asks of the outside. turn: two runs at once would undo one another's work."""

    store: CustomerStore
    index: IdentityIndex
    lake: Lake
    drops: Lake
    rulebooks: RulebookStore
    key: Callable[[], bytes]
    clock: Clock
    turn: DynamoLease
    answers: DynamoAnswers

    def erasing(self) -> Erasing:
        """What an erasure works with."""
        rulebook, key = self.rulebooks.current(), self.key()
        return Erasing(
            self.store, self.index, self.lake, rulebook, key, self.clock(), "erase_customers", self.drops
        )

    def forget_answers(self, statuses: Mapping[str, str]) -> None:
        """What the API answered to writes about those who are gone or wait for a vendor; it was done once at the begin already."""
        for customer_id, status in statuses.items():
            if status != "running":
                self.answers.forget((customer_id, *certificate_of(self.lake, customer_id).ids))


@cache
def wire() -> Outside:
    """The adapters, made at the first call."""
    settings = Settings.load()
    return Outside(
        store=DynamoCustomerStore(settings.timeline_table, settings.profiles_table),
        index=DynamoIdentityIndex(settings.identities_table),
        lake=S3Lake(settings.lake_bucket),
        drops=S3Lake(settings.drops_bucket),
        rulebooks=DynamoRulebookStore(settings.rulebooks_table),
        key=lambda: hash_key(settings.hash_key_secret),
        clock=now,
        turn=DynamoLease(settings.answers_table, "erase_customers"),
        answers=DynamoAnswers(settings.answers_table),
    )
