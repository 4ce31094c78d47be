"""One installation on the local stack for all system tests, with a small demo played on it first.

It has a state of its own below the checkout's and takes the first free port, so a stack that somebody uses stays as it is.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

os.environ["COURTESY_STATE"] = str(Path(__file__).resolve().parents[2] / ".courtesy" / "system")
os.environ.pop("COURTESY_PORT", None)

from courtesy_local.demo.run import Run, perform
from courtesy_local.demo.works import Works
from courtesy_local.stack import places
from courtesy_local.stack.local_stack import LocalStack, held
from tests.system.feeds import nine_feeds

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In whatever order files are named: the whole reference files come after the feeds that are cut from them, and the console
    last, whose story publishes rules and starts a cycle."""
    items.sort(
        key=lambda item: (HERE / "browser" in item.path.parents, item.path == HERE / "test_real_data.py")
    )


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    """An installation that nobody used yet. Its rulebook also has the contracts of the real data sets, and knows neither nights
    nor holidays; what the clock starts once an hour or a day is left to the tests. So the same happens at any hour of any day.
    """
    assert Path(os.environ["COURTESY_STATE"]) == places.STATE, (
        "run the system tests in a process of their own"
    )
    rulebook = tmp_path_factory.mktemp("rules") / "rulebook"
    shutil.copytree(places.CHECKOUT / "rulebook", rulebook)
    _without_the_calendar(rulebook / "decisions.yaml")
    for contract in (HERE / "contracts").glob("*.yaml"):
        shutil.copy(contract, rulebook / "sources")
    for feed in (feed for feeds in nine_feeds().values() for feed in feeds):
        document = feed.contract.model_dump(mode="json", exclude_defaults=True)
        (rulebook / "sources" / f"{feed.contract.name}.yaml").write_text(json.dumps(document))
    with held("tests.lock"):
        stack = LocalStack()
        stack.down()
        stack.up()
        stack.publish_rulebook(rulebook)
        works = Works(stack)
        with works.resting("cycle", "erase-again", "trim", "watch-vendor"):
            yield works
        stack.down()


def _without_the_calendar(file: Path) -> None:
    rules = yaml.safe_load(file.read_text())
    del rules["blackouts"]
    for channel in rules["channels"].values():
        channel.pop("quiet_hours", None)
    file.write_text(json.dumps(rules))


@pytest.fixture(scope="session")
def played(empty: Works, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Run]:
    """The demo with a few people: (figures, run)."""
    return perform(empty, tmp_path_factory.mktemp("samples"), 60, 7, None, lambda *_: None)


@pytest.fixture(scope="session")
def works(empty: Works, played: tuple[dict[str, Any], Run]) -> Works:
    """The installation after the demo, so that nothing disturbs the demo's books."""
    assert played
    return empty
