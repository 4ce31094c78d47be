"""Nine feeds dropped in any order, one of them twice, end in the clusters that `courtesy identity resolve` finds at once."""

import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from moto import mock_aws

from courtesy.identity.load import ChunkMessage, load_chunk
from courtesy.identity.normalise import traits_of
from courtesy.identity.offline import resolve_records
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.rules import IdentityRules
from courtesy.identity.weights import learn
from courtesy.intake.difference import Means
from courtesy.intake.read import Outside, read_drop
from courtesy.intake.report import Drop, decode_report
from courtesy.outcomes import FileOutcome
from courtesy.ports import CustomerStore
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import decode_profile, encode_profile
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.identity_index import DynamoIdentityIndex
from courtesy_aws.session import forget_clients
from tests.contract.conftest import make_table
from tests.fakes import InMemoryCustomerStore, InMemoryLake, InMemoryQueue
from tests.fakes.identity_index import InMemoryIdentityIndex
from tests.integration.identity.feeds import FEBRL, Feed, Row, cut, people

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEY = b"0123456789abcdef"
SHIPPED = IdentityRules.model_validate(
    yaml.safe_load((Path(__file__).parents[3] / "rulebook" / "identity.yaml").read_text())
)
Clusters = list[list[str]]

pytestmark = pytest.mark.skipif(not FEBRL.exists(), reason="FEBRL 2 is not beside the checkout")


class Installation:
    """read_drop and load_chunk on a lake and queues in memory; chunks are small, so a feed has several."""

    def __init__(
        self,
        index: IdentityIndex,
        store: CustomerStore,
        feeds: Sequence[Feed],
        work: Path,
        rules: IdentityRules = SHIPPED,
    ) -> None:
        self.index, self.store, self.work = index, store, work
        self.drops, self.lake, self.chunks = InMemoryLake(), InMemoryLake(), InMemoryQueue()
        self.rulebook = Rulebook(
            divisions={}, identity=rules, sources={feed.contract.name: feed.contract for feed in feeds}
        )
        self.read = 0

    def drop(self, feed: Feed) -> None:
        self.read += 1
        key = f"{feed.contract.name}/2026/03/01/{feed.name}"
        self.drops.put(key, feed.content)
        report = read_drop(
            Drop(key, len(feed.content), str(self.read)), self.rulebook.sources,
            Outside(self.drops, self.lake, self.chunks), Means(self.work / str(self.read)), NOW, chunk_rows=70,
        )  # fmt: skip
        assert report.quarantined == 0, report.reasons
        assert report.rows_in == len(feed.rows)
        assert report.outcome in (FileOutcome.LOADING, FileOutcome.REPEATED), report

    def load(self, rnd: random.Random) -> None:
        """All chunks that wait, in any order, some of them twice."""
        messages = [ChunkMessage(**body) for body in self.chunks.take()]
        messages += rnd.sample(messages, len(messages) // 4)
        rnd.shuffle(messages)
        for message in messages:
            load_chunk(
                message, self.lake, self.index, self.store, InMemoryQueue(), self.rulebook, KEY, NOW
            )  # fmt: skip

    def clusters(self) -> Clusters:
        """Who is together by the profiles; each of them equals the fold of its timeline."""
        found = []
        for customer_id, document in self.store.scan_profiles(0, 1):
            assert document == encode_profile(fold(customer_id, self.store.read_timeline(customer_id)))
            found.append(sorted(decode_profile(document).subjects))
        paths = [path for path in self.lake.list("outcomes/files/") if path.count("/") == 3]
        reports = [decode_report(self.lake.get(path)) for path in paths]
        assert all(report.balanced for report in reports)
        ends = Counter(report.outcome for report in reports)
        assert ends == {FileOutcome.LOADED: 9, FileOutcome.REPEATED: 1}
        return sorted(found)


def offline(feeds: Sequence[Feed], rules: IdentityRules = SHIPPED, train: bool = False) -> Clusters:
    found: dict[str, list[str]] = {}
    for subject, customer in resolve_records(records_of(feeds), rules, train=train).customers.items():
        found.setdefault(customer, []).append(subject)
    return sorted(sorted(subjects) for subjects in found.values())


def records_of(feeds: Sequence[Feed]) -> dict[str, Row]:
    return {f"{feed.contract.name}/{row['id']}": row for feed in feeds for row in feed.rows}


def online(place: Installation, feeds: Sequence[Feed], seed: int) -> Clusters:
    """Drop the feeds in an order of their own, the first one twice; load now and then."""
    rnd = random.Random(seed)  # noqa: S311 - an order, no secret
    ordered = rnd.sample(list(feeds), len(feeds))
    for feed in [*ordered, ordered[0]]:
        place.drop(feed)
        if rnd.random() < 0.6:
            place.load(rnd)
    place.load(rnd)
    return place.clusters()


def test_two_orders_end_as_offline(tmp_path: Path) -> None:
    feeds = cut(people(limit=600))
    wanted = offline(feeds)
    assert 0 < sum(len(group) > 1 for group in wanted) < len(wanted)
    for seed in (1, 2):
        place = Installation(InMemoryIdentityIndex(), InMemoryCustomerStore(), feeds, tmp_path / str(seed))
        assert online(place, feeds, seed) == wanted


def test_with_what_the_files_taught_it_ends_as_resolve_without_rules(tmp_path: Path) -> None:
    feeds = cut(people(limit=500))
    learnt = learn([traits_of(row) for row in records_of(feeds).values()], SHIPPED).rules
    published = IdentityRules.model_validate(yaml.safe_load(yaml.safe_dump(learnt.model_dump(mode="json"))))
    wanted = offline(feeds, train=True)
    assert wanted != offline(feeds), "what was learnt makes a difference, so the test can fail"
    place = Installation(InMemoryIdentityIndex(), InMemoryCustomerStore(), feeds, tmp_path, published)
    assert online(place, feeds, 5) == wanted


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty account in process; no request leaves it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")  # the stand-in takes any
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    forget_clients()
    with mock_aws():
        yield
    forget_clients()


@pytest.mark.usefixtures("aws")
def test_the_tables_end_as_offline(tmp_path: Path) -> None:
    make_table("timeline", "customer_id", "event_key", due=True)
    make_table("profiles", "customer_id")
    make_table("identities", "entry", "member")
    feeds = cut(people(limit=24))
    index, store = DynamoIdentityIndex("identities"), DynamoCustomerStore("timeline", "profiles")
    place = Installation(index, store, feeds, tmp_path)
    assert online(place, feeds, 3) == offline(feeds)
