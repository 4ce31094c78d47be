"""Fakes set for a cycle: a few customers, a lake, a published rulebook; and what the state machine hands to each state."""

from datetime import UTC, datetime
from typing import Any

from courtesy.population.cycle import score_population, segment_part, snapshot_part
from courtesy.population.plan import Cycle
from courtesy.rulebook.model import Division, Rulebook
from courtesy.rulebook.versions import sections_of
from courtesy.timeline.profile import decode_profile
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.lake import InMemoryLake
from tests.fakes.rulebooks import InMemoryRulebookStore
from tests.unit.population.people import population

NOW = datetime(2026, 11, 1, 4, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "cycle_id": "one",
    "as_of": "2026-11-01",
    "parts": 1,
    "part_numbers": [0],
    "rulebook": 1,
}
CYCLE = Cycle(**EVENT)


class Stage:
    """Everything outside of a cycle's functions, in memory."""

    def __init__(self) -> None:
        self.store, self.lake, self.rulebooks = (
            InMemoryCustomerStore(),
            InMemoryLake(),
            InMemoryRulebookStore(),
        )
        rulebook = Rulebook(
            divisions={name: Division(name=name, label=name) for name in ("cars", "motorcycles", "marine")}
        )
        self.rulebook = self.rulebooks.publish(sections_of(rulebook), "test", NOW)
        for _, document in population(12):
            self.store.put_profile(decode_profile(document), 0)

    def run_until(self, state: str) -> "Stage":
        """Do the states before that one."""
        snapshot_part(self.store, self.lake, self.rulebook, CYCLE, 0)
        if state != "score":
            score_population(self.lake, self.rulebook, CYCLE)
        if state == "report":
            segment_part(self.store, self.lake, self.rulebook, CYCLE, 0)
        return self
