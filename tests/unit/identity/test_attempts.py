"""An attempt at a chunk that dies before it looks at the index again leaves no event where the index does not look."""

import zlib
from collections.abc import Callable

import pytest

from courtesy.identity.attempts import Attempts
from courtesy.identity.hashing import customer_id_of
from courtesy.identity.merge import Desk, merge_customers, split_customer
from courtesy.intake.staged import StagedRow
from courtesy.privacy.erase import Erasing, erase
from tests.fakes import InMemoryLake
from tests.unit.functions.load_chunk.test_load_chunk import KEY, NOW, RULES, Crash, House, person, sale


class Crossed(House):
    """Somebody does something between the first attempt's look at the index and its writing; then the attempt dies.

    later: what happens before the second attempt
    """

    def __init__(
        self, crossing: Callable[["Crossed"], None], later: Callable[["Crossed"], None] = lambda _: None
    ) -> None:
        super().__init__(self._tick)
        self._crossing, self._begun, self._armed = crossing, False, False
        self.desk = Desk(self.index, self.store, RULES.identity, KEY, NOW)
        for number in (1, 2, 3):
            self.load(self.stage("crm", [self.someone(number)], f"p{number}"))
        merge_customers(self.desk, self.home("crm/1"), self.home("crm/2"))
        message = self.stage("sales", [sale(7, 2)])
        self._armed = True
        with pytest.raises(Crash):
            self.load(message)
        self._armed = False
        later(self)
        self.load(message)

    def someone(self, number: int) -> StagedRow:
        return person(number, given_name=f"Name{number}", surname=("Abel", "Bjork", "Cruz")[number - 1])

    def home(self, subject: str) -> str:
        return self.index.read_records([subject])[subject].customer_id

    def sold(self) -> list[str]:
        """Everybody on whose timeline the sale is."""
        alone = [customer_id_of(KEY, f"crm/{number}") for number in (1, 2, 3)]
        return [id_ for id_ in alone for event in self.store.read_timeline(id_) if event.id == "s7"]

    def _tick(self, call: str) -> None:
        if not self._armed:
            return
        if self._begun and call != "append":  # which is how the fake appends many
            raise Crash
        if call == "append_many":
            self._armed = False
            self._crossing(self)
            self._armed = self._begun = True


def _part(house: Crossed) -> None:
    split_customer(house.desk, house.home("crm/1"), ["crm/2"])


def _unite(house: Crossed) -> None:
    merge_customers(house.desk, house.home("crm/1"), house.home("crm/3"))


def _part_and_erase(house: Crossed) -> None:
    _part(house)
    rules = RULES.model_copy(update={"triggers": {}})
    erase(house.home("crm/2"), Erasing(house.store, house.index, house.lake, rules, KEY, NOW, "officer"))


def test_a_record_that_was_parted_meanwhile_has_its_event_alone() -> None:
    house = Crossed(_part)
    assert house.home("crm/2") != house.home("crm/1")
    assert house.sold() == [house.home("crm/2")]
    house.profiles()  # each is the fold of its timeline


def test_what_was_handed_on_to_an_heir_is_taken_back_from_there() -> None:
    house = Crossed(_part, _unite)
    assert house.home("crm/1") == house.home("crm/3")
    assert house.sold() == [house.home("crm/2")]
    house.profiles()


def test_nothing_stays_of_somebody_erased_meanwhile() -> None:
    house = Crossed(_part_and_erase)
    assert house.sold() == []
    house.profiles()


def test_what_attempts_wrote_down_names_nobody() -> None:
    lake = InMemoryLake()
    first = Attempts(lake, "staged/a/f/homes/00000/", KEY)
    first.begin({"crm/1": "c1", "crm/2": "c1"})
    first.begin({"crm/2": "c2"})
    second = Attempts(lake, "staged/a/f/homes/00000/", KEY)
    second.begin({"crm/2": "c2"})
    assert second.homes(["crm/2", "crm/9"]) == {"crm/2": {"c1", "c2"}}
    paths = lake.list("staged/")
    assert len(paths) == 2
    assert not any(b"crm/" in zlib.decompress(lake.get(path)) for path in paths)
