"""What a benchmark gives back: figures, and how they stand to their goals. One shape for all of them.

A benchmark is a module of this folder with

    EXAMPLE = "courtesy bench NAME --rows 100000"           one command line to copy
    def options(parser: ArgumentParser) -> None             its own options; `--json`, `--out` and `--check` come by themselves
    def bench(asked: Namespace) -> Outcome                  measure and give back

and is then `courtesy bench NAME` and `python -m bench.command NAME`. The first line of its docstring is its help.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Goal(NamedTuple):
    """A measured figure beside what it should be: `at_most` or `at_least`, whichever is given; `unit` is for people."""

    figure: str
    measured: float
    at_most: float | None = None
    at_least: float | None = None
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether the figure is on the right side of its bounds."""
        high = self.at_most is None or self.measured <= self.at_most
        return high and (self.at_least is None or self.measured >= self.at_least)

    @property
    def bound(self) -> str:
        """The goal in words."""
        parts = []
        if self.at_least is not None:
            parts.append(f"at least {tell(self.at_least)}")
        if self.at_most is not None:
            parts.append(f"at most {tell(self.at_most)}")
        return " and ".join(parts)


class Outcome(NamedTuple):
    """Figures (numbers, texts, mappings of them, or lists of mappings with the same keys) and goals."""

    figures: Mapping[str, Any]
    goals: tuple[Goal, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every goal is reached."""
        return all(goal.holds for goal in self.goals)

    def as_json(self) -> dict[str, Any]:
        """The parts that go into the document: `figures`, `goals`, `holds`."""
        goals = [
            {"figure": goal.figure, "measured": goal.measured, "unit": goal.unit, "holds": goal.holds}
            | ({} if goal.at_most is None else {"at_most": goal.at_most})
            | ({} if goal.at_least is None else {"at_least": goal.at_least})
            for goal in self.goals
        ]
        return {"figures": dict(self.figures), "goals": goals, "holds": self.holds}


def tell(value: Any) -> str:
    """A figure for people: four significant digits, thousands apart."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"
