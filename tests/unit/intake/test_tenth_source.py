"""A tenth source needs a contract and no code: drafted from a file, looked at, put beside the nine, loaded by the same doors."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import yaml

from courtesy.identity.load import Loading, apply_rows
from courtesy.intake.suggest import suggest
from courtesy.rulebook.load import load_rulebook
from tests.fakes import InMemoryCustomerStore
from tests.fakes.identity_index import InMemoryIdentityIndex
from tests.unit.intake.mill import Mill

SHIPPED = Path(__file__).parents[3] / "rulebook"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MEMBERS = """Mitgliedsnr;Vorname;Nachname;E-Mail;Ort;Stufe
00017;Eva;Lindqvist;eva@example.org;Malmo;gold
00018;Jon;Okafor;jon@example.org;Lagos;silver
00019;Ines;Rossi;;Rome;gold
"""


def test_a_contract_beside_the_nine_is_all_that_a_tenth_source_needs(tmp_path: Path) -> None:
    feed = tmp_path / "yacht_club.csv"
    feed.write_text(MEMBERS)
    draft = suggest(feed, "yacht_club").contract
    fields = {
        "given_name": {"column": "Vorname"},
        "surname": {"column": "Nachname"},
        "email": {"column": "E-Mail"},
        "city": {"column": "Ort"},
        "custom.tier": {"column": "Stufe", "allowed": ["gold", "silver"]},
    }
    assert (draft["format"]["delimiter"], draft["key"]) == (";", ["Mitgliedsnr"])
    rules = tmp_path / "rulebook"
    shutil.copytree(SHIPPED, rules)
    (rules / "sources" / "yacht_club.yaml").write_text(yaml.safe_dump(draft | {"fields": fields}))

    rulebook = load_rulebook(rules)
    assert len(rulebook.sources) == len(load_rulebook(SHIPPED).sources) + 1
    mill = Mill(rulebook.sources["yacht_club"])
    report = mill.drop(MEMBERS, name="yacht_club.csv")
    assert (report.rows_in, report.loaded, report.quarantined) == (3, 3, 0)

    store = InMemoryCustomerStore()
    loading = Loading(InMemoryIdentityIndex(), store, rulebook, b"k" * 16, NOW)
    counts, timelines = apply_rows(mill.rows(report), rulebook.sources["yacht_club"], loading)
    assert counts.customers == 3
    (eva,) = (
        profile.values
        for profile, _ in store.read_profiles(timelines).values()
        if "yacht_club/00017" in profile.subjects
    )
    assert {field: known.value for field, known in eva.items()} == {
        "given_name": "Eva",
        "surname": "Lindqvist",
        "email": "eva@example.org",
        "city": "Malmo",
        "custom.tier": "gold",
    }
    assert eva["custom.tier"].source == "yacht_club"


def test_what_the_tenth_contract_does_not_allow_goes_to_quarantine(tmp_path: Path) -> None:
    rules = tmp_path / "rulebook"
    shutil.copytree(SHIPPED, rules)
    (rules / "sources" / "yacht_club.yaml").write_text(
        "record: person\nformat: {kind: csv, delimiter: ';'}\nkey: [Mitgliedsnr]\n"
        "fields: {custom.tier: {column: Stufe, allowed: [gold]}}\n"
    )
    mill = Mill(load_rulebook(rules).sources["yacht_club"])
    report = mill.drop(MEMBERS)
    assert (report.loaded, report.quarantined) == (2, 1)
    assert [(c.column, c.reason, c.line) for c in report.reasons] == [("Stufe", "not_allowed", 3)]
