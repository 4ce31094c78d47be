"""Nine feeds through the deployed installation, in two orders, one feed twice: the customers that `resolve` finds in the files.

Runs before the whole reference file is dropped, whose records are the same people's.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from random import Random

import pytest
import yaml

from courtesy.identity.offline import resolve_records
from courtesy.identity.rules import IdentityRules
from courtesy.outcomes import FileOutcome
from courtesy_local.demo.works import Works
from courtesy_local.stack import places
from tests.integration.identity.feeds import FEBRL, Row
from tests.system.feeds import nine_feeds

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not FEBRL.exists(), reason="FEBRL 2 is not beside the checkout (../shared/data)"),
]
WITHIN = 300.0


def test_nine_feeds_in_two_orders_end_as_resolve(works: Works, tmp_path: Path) -> None:
    rules = IdentityRules.model_validate(
        yaml.safe_load((places.CHECKOUT / "rulebook" / "identity.yaml").read_text())
    )
    for seed, feeds in enumerate(nine_feeds().values()):
        ordered = Random(seed).sample(feeds, len(feeds))  # noqa: S311 - an order, no secret
        for times, feed in enumerate([*ordered, ordered[0]]):
            file = tmp_path / feed.name
            file.write_bytes(feed.content)
            key = f"{feed.contract.name}/2026/03/0{1 + times // 9}/{feed.name}"
            works.drop(file, key)
            if times % 3 == 0 or times == 9:
                (report,) = works.await_files([key], WITHIN, lambda _: None).values()
                assert report.outcome is (FileOutcome.REPEATED if times == 9 else FileOutcome.LOADED)
        keys = [f"{feed.contract.name}/2026/03/01/{feed.name}" for feed in feeds]
        reports = works.await_files(keys, WITHIN, lambda _: None)
        assert sum(report.loaded for report in reports.values()) == sum(len(feed.rows) for feed in feeds)
        works.await_quiet(WITHIN)
        records = {f"{feed.contract.name}/{row['id']}": row for feed in feeds for row in feed.rows}
        assert _groups(works, records) == _offline(records, rules)


def _groups(works: Works, subjects: Collection[str]) -> list[list[str]]:
    found = [sorted(s for s in profile.subjects if s in subjects) for profile in works.profiles()]
    return sorted(group for group in found if group)


def _offline(records: Mapping[str, Row], rules: IdentityRules) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for subject, customer in resolve_records(records, rules).customers.items():
        groups.setdefault(customer, []).append(subject)
    assert any(len(group) > 1 for group in groups.values())
    return sorted(sorted(group) for group in groups.values())
