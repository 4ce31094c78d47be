"""The laws of the intake: every row ends once, order and repetition of drops do not matter, a crash means doing it again."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from courtesy.errors import OutsideFailed
from courtesy.intake.report import Drop, FileReport
from courtesy.outcomes import FileOutcome
from tests.fakes.lake import InMemoryLake
from tests.unit.intake.mill import Mill, contract

SLOW = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))

World = dict[int, dict[str, str]]
"""day -> id -> name, as the source's file of that day says."""

worlds = st.dictionaries(
    st.integers(1, 5),
    st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["Ann", "Bob", "Cleo"]), min_size=1),
    min_size=1,
)


def text_of(rows: dict[str, str]) -> str:
    return "id,name,email\n" + "".join(f"{id_},{name},\n" for id_, name in rows.items())


def newest(world: World) -> dict[str, dict[str, str]]:
    """What the profiles must say: for each id the word of the newest file that has it."""
    said: dict[str, str] = {}
    for day in sorted(world):
        said |= world[day]
    return {f"people/{id_}": {"name": name} for id_, name in sorted(said.items())}


@SLOW
@given(worlds, st.data())
def test_files_in_any_order_and_some_of_them_twice_give_the_same_profiles(world: World, data: Any) -> None:
    days = data.draw(st.permutations(sorted(world)))
    again = data.draw(st.lists(st.sampled_from(days), max_size=3))
    mill = Mill(chunk_rows=2)
    for day in [*days, *again]:
        assert mill.drop(text_of(world[day]), day=day).balanced
    assert mill.values() == newest(world)


Story = dict[tuple[int, str], dict[str, str]]
"""(day, file name) -> id -> name; files of one day follow each other by name."""

places = st.tuples(st.integers(1, 3), st.sampled_from(["a.csv", "b.csv"]))


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Records that are repeated and changed, and never go back to what they were.

    No two files of a day have the same bytes: those are one file, known by the name of the copy that came first.
    """
    story: Story = {place: {} for place in draw(st.sets(places, min_size=2, max_size=5))}
    for id_ in "ab":
        said = draw(st.sets(st.sampled_from(sorted(story)), min_size=1))
        versions = sorted(draw(st.lists(st.integers(0, 2), min_size=len(said), max_size=len(said))))
        for place, version in zip(sorted(said), versions, strict=True):
            story[place][id_] = f"N{version}"
    story = {place: rows for place, rows in story.items() if rows}
    assume(all(story[x] != story[y] for x, y in itertools.combinations(story, 2) if x[0] == y[0]))
    return story


@settings(SLOW, max_examples=12)
@given(stories(), st.data())
def test_whatever_comes_first_profiles_are_equal_with_dates_files_and_lines(story: Story, data: Any) -> None:
    found = []
    for order in (sorted(story), data.draw(st.permutations(sorted(story)))):
        mill = Mill()
        for day, name in order:
            assert mill.drop(text_of(story[day, name]), day=day, name=name).balanced
        found.append(mill.profiles())
    assert found[0] == found[1]
    for subject, profile in found[0].items():
        id_ = subject.removeprefix("people/")
        newest = story[max(place for place in story if id_ in story[place])][id_]
        since = min(place for place in story if story[place].get(id_) == newest)
        known = profile.values["name"]
        assert (known.value, known.when.day, known.file.rsplit("/", 1)[1]) == (newest, *since)


@SLOW
@given(
    st.dictionaries(places, st.fixed_dictionaries({"a": st.sampled_from(["Ann", "Bob"])}), min_size=2),
    st.data(),
)
def test_files_that_contradict_each_other_are_taken_by_date_and_then_by_name(story: Story, data: Any) -> None:
    mill = Mill()
    for day, name in data.draw(st.permutations(sorted(story))):
        mill.drop(text_of(story[day, name]), day=day, name=name)
    assert mill.values() == {"people/a": {"name": story[max(story)]["a"]}}


def test_an_older_file_that_says_the_same_is_loaded_once_and_a_newer_one_never() -> None:
    mill = Mill()
    text = "id,name,email\n1,Ann,\n"
    days = [mill.drop(text + f"{day + 1},B,\n", day=day).loaded for day in (5, 3, 4, 9)]
    assert days == [2, 2, 1, 1]
    assert mill.profiles()["people/1"].values["name"].when.day == 3


@SLOW
@given(worlds, st.data())
def test_files_under_way_at_once_give_the_same_profiles(world: World, data: Any) -> None:
    """Some files are read before the chunks of others are applied, in any order."""
    mill = Mill(chunk_rows=2)
    waiting: list[FileReport] = []
    for day in data.draw(st.permutations(sorted(world))):
        waiting.append(mill.drop(text_of(world[day]), day=day, apply=False))
        while waiting and data.draw(st.booleans()):
            mill.apply(waiting.pop(data.draw(st.integers(0, len(waiting) - 1))))
    for report in waiting:
        mill.apply(report)
    assert mill.values() == newest(world)


@SLOW
@given(worlds)
def test_a_full_dump_closes_what_it_lacks_whatever_comes_first(world: World) -> None:
    rules = contract(full_dump=True, disappeared="close", drift={"gone": 1.0})
    last = max(world)
    expected = {f"people/{id_}": {"name": name} for id_, name in sorted(world[last].items())}
    found = []
    for days in (sorted(world), sorted(world, reverse=True)):
        mill = Mill(rules)
        for day in days:
            mill.drop(text_of(world[day]), day=day)
        found.append(mill.values())
    assert found == [expected, expected]


lines = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.text(
            st.characters(codec="utf-8", exclude_characters='\r\n\x00\x1d\x1e"', exclude_categories=["Cs"]),
            max_size=8,
        ),
        st.sampled_from(["", "x@example.org", "nowhere", "a@b@c"]),
    ),
    max_size=12,
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(lines, st.data())
def test_whatever_is_torn_every_row_ends_once_and_the_good_ones_survive(
    rows: list[tuple[int, str, str]], data: Any
) -> None:
    """Whole lines are damaged at random; each line that is not must end as it would have without the damage.

    An empty value is not left open: after another open quote the two lines are one well-formed record, see below.
    """
    written, good, bad = [], {}, 0
    for number, name, email in rows:
        quoted = name.replace('"', '""')
        line = f'{number},"{quoted}",{email}'
        damage = data.draw(
            st.sampled_from(["", "", "", "open" if name else "stray", "stray", "short", "long"])
        )
        match damage:
            case "open":
                line = f'{number},"{quoted},{email}'
            case "stray":
                line = f'{number},"{quoted}"x,{email}'
            case "short":
                line = f"{number}"
            case "long":
                line = f'{number},"{quoted}",{email},1'
        written.append(line)
        if damage or email in ("nowhere", "a@b@c"):
            bad += 1
        else:
            good[f"people/{number}"] = {"name": name, "email": email}
    mill = Mill()
    report = mill.drop("id,name,email\n" + "".join(f"{line}\n" for line in written))
    assert (report.rows_in, report.quarantined) == (len(rows), bad)
    assert report.balanced
    assert report.loaded + report.duplicates + report.superseded == len(rows) - bad
    kept = {s: {f: v for f, v in values.items() if v} for s, values in good.items()}
    assert mill.values() == kept


def test_two_lines_that_are_one_well_formed_record_are_taken_as_one() -> None:
    """Nobody can tell two torn quotes from a value with a line break where the whole keeps to the rules: it is no guess."""
    mill = Mill()
    report = mill.drop('id,name,email\n1,"North Lane 5,\nSpringfield,",\n2,Bob,\n')
    assert (report.rows_in, report.loaded, report.quarantined) == (2, 2, 0)
    assert mill.values()["people/1"] == {"name": "North Lane 5,\nSpringfield,"}


def test_a_changed_row_and_its_old_text_in_one_file_end_by_their_order() -> None:
    mill = Mill()
    mill.drop("id,name,email\n1,Ann,\n2,Bob,\n", day=1)
    report = mill.drop("id,name,email\n1,Anna,\n2,Bob,\n1,Ann,\n", day=2)
    assert (report.rows_in, report.loaded, report.unchanged, report.superseded) == (3, 0, 3, 1)
    assert mill.values()["people/1"] == {"name": "Ann"}
    report = mill.drop("id,name,email\n1,Ann,\n2,Bob,\n1,Anna,\n", day=3)
    assert (report.loaded, report.unchanged) == (1, 2)
    assert mill.values()["people/1"] == {"name": "Anna"}


def test_a_record_that_went_back_to_what_it_was_is_loaded_again() -> None:
    mill = Mill()
    for day, name in enumerate(("Ann", "Anna", "Ann"), 1):
        assert mill.drop(f"id,name,email\n1,{name},\n", day=day).loaded == 1
        assert mill.values() == {"people/1": {"name": name}}


def test_the_word_of_a_column_orders_versions_whatever_the_files_date() -> None:
    rules = contract(stated="at", event_time="at", fields={"name": {"column": "name"}})
    mill = Mill(rules)
    mill.drop("id,name,at\n1,New,2026-01-05T00:00:00Z\n", day=1)
    mill.drop("id,name,at\n1,Old,2026-01-04T00:00:00Z\n", day=2)
    assert mill.values() == {"people/1": {"name": "New"}}


def test_a_changed_contract_reads_the_same_bytes_anew() -> None:
    text = "id,name,email\n1,Ann,nowhere\n2,Bob,\n"
    mill = Mill()
    assert mill.drop(text).quarantined == 1
    mill.rules = contract(
        fields={"name": {"column": "name"}, "email": {"column": "email", "invalid": "empty"}}
    )
    report = mill.drop(text)
    assert (report.outcome, report.quarantined) == (FileOutcome.LOADED, 0)
    assert mill.values() == {"people/1": {"name": "Ann"}, "people/2": {"name": "Bob"}}


def test_columns_that_change_places_give_the_same_lines_another_meaning() -> None:
    rules = contract(fields={"given_name": {"column": "given"}, "surname": {"column": "last"}})
    mill = Mill(rules)
    mill.drop("id,given,last\n1,Berg,Anna\n", day=1)
    report = mill.drop("id,last,given\n1,Berg,Anna\n", day=2)
    assert (report.loaded, report.unchanged) == (1, 0)
    assert mill.values() == {"people/1": {"given_name": "Anna", "surname": "Berg"}}
    report = mill.drop("last,id,given\nBerg,1,Anna\n", day=3)
    assert (report.loaded, report.unchanged) == (0, 1)


def test_a_kept_column_under_another_name_is_another_value() -> None:
    mill = Mill(contract(unknown_columns="keep"))
    mill.drop("id,name,email,shoe\n1,Ann,,38\n", day=1)
    assert mill.drop("id,name,email,shirt\n1,Ann,,38\n", day=2).loaded == 1
    assert mill.values() == {"people/1": {"name": "Ann", "custom.shirt": "38"}}


def test_closing_is_held_back_when_rows_cannot_be_read_or_too_many_are_missing() -> None:
    full = "id,name,email\n" + "".join(f"{n},N{n},\n" for n in range(10))
    mill = Mill(contract(full_dump=True, disappeared="close"))
    mill.drop(full, day=1)
    torn = mill.drop(full.replace("9,N9,\n", '"9,N9,\n'), day=2)
    assert (torn.gone, [(d.kind, d.now) for d in torn.drift]) == (0, [("gone_held", "1 records")])
    few = mill.drop("id,name,email\n1,N1,\n", day=3)
    assert (few.gone, [d.kind for d in few.drift]) == (0, ["gone_held"])
    less = mill.drop(full.replace("9,N9,\n", ""), day=4)
    assert (less.gone, len(mill.values())) == (1, 9)


def test_a_late_file_is_no_measure_of_drift_and_is_measured_against_none_after_it() -> None:
    def rows(count: int, word: str) -> str:
        return "id,name,email\n" + "".join(f"{n},{word}{n},\n" for n in range(count))

    mill = Mill()
    mill.drop(rows(100, "new"), day=5)
    assert mill.drop(rows(300, "old"), day=2).drift == []
    assert mill.drop(rows(101, "next"), day=6).drift == []
    assert [drift.kind for drift in mill.drop(rows(300, "last"), day=7).drift] == ["rows"]
    assert mill.values()["people/1"]["name"] == "last1"
    assert mill.values()["people/250"]["name"] == "last250"


def test_drift_tells_new_and_missing_columns_retyped_ones_and_jumps() -> None:
    rules = contract(fields={"name": {"column": "name"}, "custom.n": {"column": "n", "type": "integer"}})
    mill = Mill(rules)
    mill.drop("id,name,n,old\n" + "".join(f"{n},N{n},{n},x\n" for n in range(100)), day=1)
    report = mill.drop(
        "id,name,n,new\n" + "".join(f"{n},{'M' if n % 2 else ''},x{n},y\n" for n in range(300)), day=2
    )
    found = {(drift.kind, drift.column) for drift in report.drift}
    assert found == {
        ("new_column", "new"),
        ("missing_column", "old"),
        ("retyped_column", "n"),
        ("rows", ""),
        ("nulls", "name"),
    }


class Breaking(InMemoryLake):
    """A lake whose n-th call fails, before or after it did its work."""

    def __init__(self, inner: InMemoryLake, at: int, late: bool) -> None:
        super().__init__()
        self.objects, self.at, self.late, self.calls = inner.objects, at, late, 0

    def _step(self, done: bool) -> None:
        if not done:
            self.calls += 1
        if self.calls == self.at and done == self.late:
            self.at = -1
            raise OutsideFailed("lake: broken on purpose")

    def put(self, path: str, content: bytes) -> None:
        self._step(False)
        super().put(path, content)
        self._step(True)

    def get(self, path: str) -> bytes:
        self._step(False)
        return super().get(path)

    def list(self, prefix: str) -> list[str]:
        self._step(False)
        return super().list(prefix)

    def download(self, path: str, local: Path) -> None:
        self._step(False)
        super().download(path, local)

    def delete(self, path: str) -> None:
        self._step(False)
        super().delete(path)
        self._step(True)


@pytest.mark.parametrize("late", [False, True])
def test_a_crash_at_any_call_and_a_redelivery_end_as_if_nothing_had_happened(late: bool) -> None:
    first, second = (
        "id,name,email\n1,Ann,\n2,Bob,\n3,Cleo,bad\n",
        "id,name,email\n1,Ann,\n2,Bert,\n3,Cleo,\n4,D,x\n",
    )
    plain = Mill(chunk_rows=1)
    plain.drop(first, day=1)
    wanted = plain.drop(second, day=2)
    for at in itertools.count(1):
        mill = Mill(chunk_rows=1)
        mill.drop(first, day=1)
        healthy = mill.lake
        mill.lake = breaking = Breaking(healthy, at, late)
        crashed = False
        for _ in range(2):
            try:
                report = mill.drop(second, day=2, put="the one upload")
                break
            except OutsideFailed:
                crashed = True
        over = not crashed and breaking.calls < at
        breaking.at = -1
        assert (report.outcome, report.loaded, report.unchanged, report.quarantined) == (
            wanted.outcome, wanted.loaded, wanted.unchanged, wanted.quarantined,
        )  # fmt: skip
        assert mill.values() == plain.values()
        assert mill.drop(second, day=3).loaded == 0
        if over:
            return


def test_a_crash_between_report_and_messages_sends_the_messages_again() -> None:
    mill = Mill(chunk_rows=1)
    mill.drop("id,name,email\n1,Ann,\n2,Bob,\n", put="one", apply=False)
    sent = mill.queue.take()
    assert [message["chunk"] for message in sent] == [0, 1]
    mill.read(Drop("people/2026/01/01/file.csv", -1, "one"))
    assert mill.queue.take() == sent


def test_rows_of_a_file_that_was_never_applied_are_not_unchanged() -> None:
    mill = Mill()
    mill.drop("id,name,email\n1,Ann,\n", day=1, apply=False)
    assert mill.drop("id,name,email\n1,Ann,\n2,Bob,\n", day=2).loaded == 2


def test_many_segments_are_united_and_say_the_same() -> None:
    mill = Mill()
    for day in range(1, 29):
        mill.drop(f"id,name,email\n{day % 3},N{day},\n", day=day)
    assert len(mill.lake.list("source_state/people/applied/")) <= 14
    assert mill.drop("id,name,email\n1,N28,\n2,N26,\n0,N27,\n", day=29).loaded == 0


def test_a_copy_of_a_file_under_another_name_on_its_day_is_that_file() -> None:
    mill = Mill()
    text = "id,name,email\n1,Ann,\n"
    first, copy = mill.drop(text, name="b.csv"), mill.drop(text, name="a.csv")
    assert (first.loaded, copy.loaded, copy.unchanged) == (1, 0, 1)
    assert mill.profiles()["people/1"].values["name"].file.endswith("b.csv")
