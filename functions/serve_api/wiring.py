"""The adapters of serve_api, built once per cold start."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from tempfile import gettempdir
from uuid import uuid4

from courtesy.decisions.search import PlannedDay, Wanted, summarise
from courtesy.decisions.waiting import waiting
from courtesy.decisions.whereabouts import holder
from courtesy.errors import RefusedInput
from courtesy.identity.find import find_customers
from courtesy.identity.merge import Desk
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.redirects import former_ids
from courtesy.intake.freshness import WEEK, Freshness, freshness
from courtesy.messages.ports import BlockStore
from courtesy.messages.rules import DealerBlock
from courtesy.messages.unsubscribe import Unsubscribe, read_token
from courtesy.ports import Clock, CustomerStore, Lake, Queue, RulebookStore
from courtesy.privacy.withdraw import withdraw
from courtesy.rulebook.ports import DraftStore
from courtesy.timeline.profile import Profile
from courtesy_aws.clock import now
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.cycles import Cycles, StateMachineCycles
from courtesy_aws.decision_log import LakeDecisionLog
from courtesy_aws.file_reports import FileReports
from courtesy_aws.identity_index import DynamoIdentityIndex
from courtesy_aws.lake import S3Lake
from courtesy_aws.looks import TimelineLooks
from courtesy_aws.queues import SqsQueue
from courtesy_aws.secrets import hash_key
from courtesy_aws.session import client
from courtesy_aws.tables.answers import DynamoAnswers
from courtesy_aws.tables.blocks import DynamoBlockStore
from courtesy_aws.tables.drafts import DynamoDraftStore
from courtesy_aws.tables.rulebooks import AT_ONCE, DynamoRulebookStore
from courtesy_aws.watch import Watch
from functions.serve_api.settings import Settings


@dataclass(frozen=True)
class Outside:
    """What the routes ask of the outside."""

    store: CustomerStore
    index: IdentityIndex
    rulebooks: RulebookStore
    lake: Lake
    cycles: Cycles
    log: LakeDecisionLog
    looks: TimelineLooks
    key: Callable[[], bytes]
    clock: Clock
    sign_in: dict[str, str]
    answers: DynamoAnswers
    drafts: DraftStore
    new_id: Callable[[], str]
    events: Queue
    reports: FileReports
    watch: Watch
    blocks: BlockStore

    def approved_blocks(self, dealer: str) -> list[DealerBlock]:
        """A dealer's words that are in force, for rendering."""
        return self.blocks.read(dealer)[0].in_force()

    def find(self, *, email: str, phone: str, country: str, loyalty_no: str, subject: str) -> list[str]:
        """Customers that all the given keys lead to."""
        return find_customers(
            self.index,
            self.store,
            self.key(),
            email=email,
            phone=phone,
            country=country,
            loyalty_no=loyalty_no,
            subject=subject,
        )

    def ids_of(self, profile: Profile) -> list[str]:
        """A customer's id, then those that lead to it since a merge."""
        return [profile.customer_id, *former_ids(profile, self.index, self.store, self.key())]

    def vendors(self) -> list[str]:
        """The print vendors of the rulebook."""
        return sorted(self.rulebooks.current().messages.vendors)

    def freshness(self, names: Collection[str]) -> list[Freshness]:
        """How each of these sources stands."""
        now = self.clock()
        return [freshness(self.reports.since(name, now - WEEK), name, now) for name in sorted(names)]

    def waiting(
        self, first: date, last: date, divisions: Collection[str] | None
    ) -> tuple[list[PlannedDay], bool]:
        """What is in the plan for these days; see `decisions.waiting`."""
        return waiting(
            self.store, sorted(self.rulebooks.current().decisions.channels), first, last, divisions
        )

    def outcomes_of(self, cycle_id: str) -> dict[str, dict[str, int]]:
        """What a cycle decided: trigger -> outcome -> candidates."""
        return _outcomes(tuple(self.log.files(cycle_id)))

    def desk(self, by: str) -> Desk:
        """Where a person decides who is who."""
        rules = self.rulebooks.current().identity
        return Desk(self.index, self.store, rules, self.key(), self.clock(), by)

    def read_wish(self, token: str) -> Unsubscribe | None:
        """What an unsubscribe link stands for; None where it is not one of ours."""
        try:
            return read_token(self.key(), token)
        except RefusedInput:
            return None

    def withdraw(self, wish: Unsubscribe) -> None:
        """Carry out an unsubscribe link, at once, for whoever has the contact that it came with."""
        withdraw(
            self.store, holder(self.store, wish.customer_id, wish.contact), wish.purpose, wish.channel, wish.division, self.clock(),
            proof=f"one-click link of contact {wish.contact}",
        )  # fmt: skip


@lru_cache(maxsize=8)
def _outcomes(files: tuple[Path, ...]) -> dict[str, dict[str, int]]:
    """trigger -> outcome -> candidates; a file with the same name is the same, so each cycle is counted once."""
    found: dict[str, dict[str, int]] = {}
    for group in summarise(files, Wanted()):
        ends = found.setdefault(group.trigger, {})
        ends[group.outcome] = ends.get(group.outcome, 0) + group.candidates
    return found


@cache
def wire() -> Outside:
    """The adapters, made at the first request."""
    settings = Settings.load()
    store = DynamoCustomerStore(settings.timeline_table, settings.profiles_table)
    lake = S3Lake(settings.lake_bucket)
    return Outside(
        store=store,
        index=DynamoIdentityIndex(settings.identities_table),
        rulebooks=DynamoRulebookStore(settings.rulebooks_table, look_again=AT_ONCE),
        lake=lake,
        cycles=StateMachineCycles(client("stepfunctions"), settings.cycle_arn, lake),
        log=LakeDecisionLog(lake, Path(gettempdir()) / "decision-log"),
        looks=TimelineLooks(store),
        key=lambda: hash_key(settings.hash_key_secret),
        clock=now,
        answers=DynamoAnswers(settings.answers_table),
        drafts=DynamoDraftStore(settings.rulebooks_table),
        new_id=lambda: uuid4().hex[:16],
        events=SqsQueue(settings.events_queue_url),
        reports=FileReports(lake),
        watch=Watch(settings.watched_queue_urls.split(","), settings.prefix),
        blocks=DynamoBlockStore(settings.rulebooks_table),
        sign_in={"client": settings.user_pool_client_id, "cognito": settings.cognito_url},
    )
