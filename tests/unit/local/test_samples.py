"""The generator: the same for the same seed, a truth that adds up, mess of every kind."""

import csv
import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from courtesy_local.samples import Truth, generate
from courtesy_local.samples.forms import FORMS
from courtesy_local.samples.people import awake, person
from courtesy_local.samples.vocabulary import PLACES

TODAY = date(2026, 5, 20)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("world")
    return folder, generate(folder, customers=300, seed=3, today=TODAY)


def test_the_same_seed_makes_the_same_bytes(world: tuple[Path, Truth], tmp_path: Path) -> None:
    folder, truth = world
    generate(tmp_path, customers=300, seed=3, today=TODAY)
    for file in truth.files:
        assert (tmp_path / file.key).read_bytes() == (folder / file.key).read_bytes(), file.key


def test_another_seed_makes_other_people(world: tuple[Path, Truth], tmp_path: Path) -> None:
    folder, truth = world
    generate(tmp_path, customers=300, seed=4, today=TODAY)
    key = truth.files[0].key
    assert (tmp_path / key).read_bytes() != (folder / key).read_bytes()


def test_a_person_does_not_change_when_more_are_made(world: tuple[Path, Truth], tmp_path: Path) -> None:
    _, truth = world
    more = generate(tmp_path, customers=350, seed=3, today=TODAY)
    assert truth.people.items() <= more.people.items()


def test_every_source_drops_a_file_on_the_first_day(world: tuple[Path, Truth]) -> None:
    _, truth = world
    assert {file.source for file in truth.day(1)} == set(FORMS)
    assert all(file.key.startswith(f"{file.source}/2026/05/19/") for file in truth.day(1))


def test_each_row_has_one_end(world: tuple[Path, Truth]) -> None:
    _, truth = world
    for file in truth.files:
        assert file.rows == file.loaded + file.unchanged + file.quarantined
        assert file.quarantined == len(file.bad)


def test_the_truth_counts_what_is_in_the_files(world: tuple[Path, Truth]) -> None:
    folder, truth = world
    for file in truth.files:
        if file.refused or file.source == "lease_contracts":
            continue
        content = (folder / file.key).read_bytes()
        text = (gzip.decompress(content) if FORMS[file.source].gzipped else content).decode(
            FORMS[file.source].encoding
        )
        lines = len(text.splitlines())
        assert file.rows == lines - (FORMS[file.source].kind == "csv")


def test_bad_rows_stand_where_the_truth_says(world: tuple[Path, Truth]) -> None:
    folder, truth = world
    file = next(f for f in truth.day(1) if f.source == "web_registrations")
    lines = (folder / file.key).read_text(encoding="utf-8").splitlines()
    for number, what in file.bad.items():
        line = lines[number - 1]
        if what == "torn line":
            with pytest.raises(json.JSONDecodeError):
                json.loads(line)
        elif what == "missing key":
            assert "account" not in json.loads(line)


def test_the_second_day_brings_every_kind_of_trouble(world: tuple[Path, Truth]) -> None:
    folder, truth = world
    refused = {file.refused: file for file in truth.day(2) if file.refused}
    assert set(refused) == {"repeated", "broken_gzip", "unknown_source"}
    repeated = refused["repeated"]
    first = next(f for f in truth.day(1) if f.source == repeated.source)
    assert (folder / repeated.key).read_bytes() == (folder / first.key).read_bytes()
    with pytest.raises(EOFError):
        gzip.decompress((folder / refused["broken_gzip"].key).read_bytes())
    crm = next(f for f in truth.day(2) if f.source == "crm_persons")
    assert crm.unchanged > 0.8 * crm.rows
    assert crm.loaded > 0


def test_addresses_are_safe_to_write_to(world: tuple[Path, Truth]) -> None:
    _, truth = world
    domains = {address.rpartition("@")[2] for own in truth.addresses.values() for address in own}
    assert all(
        d.endswith(("example.com", "example.org", "example.net", "simulator.amazonses.com")) for d in domains
    )


def test_people_with_several_records_are_the_rule(world: tuple[Path, Truth]) -> None:
    _, truth = world
    assert 3.0 <= len(truth.people) / len(set(truth.people.values())) <= 4.5


def test_day_and_month_are_written_in_three_orders(world: tuple[Path, Truth]) -> None:
    folder, truth = world
    files = {f.source: folder / f.key for f in truth.day(1)}
    with files["dealer_sales"].open(encoding="cp1252") as sales:
        row = next(csv.DictReader(sales, delimiter=";"))
    assert row["SaleDate"][2] == row["SaleDate"][5] == "."
    with gzip.open(files["loyalty_programme"], "rt", encoding="utf-8") as cards:
        row = next(csv.DictReader(cards))
    assert row["updated"][2] == row["updated"][5] == "/"


def test_the_truth_survives_its_file(world: tuple[Path, Truth]) -> None:
    folder, truth = world
    assert Truth.load(folder / "truth.json") == truth


def test_only_two_days_are_known(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 or 2 days"):
        generate(tmp_path, days=3)


@pytest.mark.parametrize("month", [1, 7])
@pytest.mark.parametrize("hour", range(24))
def test_the_people_at_the_simulator_live_where_mail_may_go_now(hour: int, month: int) -> None:
    country = awake(hour)
    begins = datetime(2026, month, 15, hour, tzinfo=UTC)
    for place in PLACES[country]:
        for later in (0, 60):
            local = (begins + timedelta(minutes=later)).astimezone(ZoneInfo(place.zone))
            assert 7 <= local.hour < 21, (place.city, local)


@pytest.mark.parametrize("country", ["DE", "US", "AU"])
def test_one_person_bounces_and_one_complains(country: str) -> None:
    people = [person(3, number, TODAY, country) for number in range(30)]
    simulated = [who for who in people if "simulator" in who.email]
    assert [(who.number, who.country) for who in simulated] == [(3, country), (6, country)]
