"""Files that are wrong as a whole, torn rows and files that come twice: each gets its reason, and nothing is counted twice."""

import gzip
from pathlib import Path

import pytest

from courtesy.intake.report import FileReport
from courtesy.outcomes import FileOutcome, FileRefusal
from courtesy_local.demo.works import Works

pytestmark = pytest.mark.system

WITHIN = 300.0
HEAD = "order_id,ordered_at,account,name,email,phone,address,city,zip,state,country,division,article,quantity,total,currency,kind"


def row(order: str, account: str, name: str = "Ada Example") -> str:
    """One order."""
    return f"{order},2026-01-02T10:00:00Z,{account},{name},,,,,,,US,cars,Mats,1,10.00,USD,order\n"


WRONG = {
    "parts_shop_orders/2026/01/03/parts_shop_orders_header.csv": (
        f"{HEAD.replace('order_id', 'number')}\n{row('T1', 'T9')}".encode(),
        FileRefusal.HEADER,
        "order_id",
    ),
    "loyalty_programme/2026/01/03/loyalty_programme_cut.csv.gz": (
        gzip.compress(b"card_no\n" * 99)[:-9],
        FileRefusal.BROKEN_GZIP,
        "",
    ),
    "no_such_source/2026/01/03/a.csv": (b"a\n1\n", FileRefusal.UNKNOWN_SOURCE, ""),
    "parts_shop_orders/2026/01/03/parts_shop_orders_empty.csv": (b"", FileRefusal.EMPTY_FILE, ""),
    "parts_shop_orders/2026/01/03/": (b"", FileRefusal.FOLDER_MARKER, ""),
}
"""Key -> (content, why it is refused, the column that the reason names)."""


@pytest.fixture(scope="module")
def refused(works: Works, tmp_path_factory: pytest.TempPathFactory) -> dict[str, FileReport]:
    """The reports of all wrong files, dropped together."""
    folder = tmp_path_factory.mktemp("wrong")
    for number, (key, (content, *_)) in enumerate(WRONG.items()):
        path = folder / str(number)
        path.write_bytes(content)
        works.drop(path, key)
    return works.await_files(WRONG, WITHIN, lambda _: None)


@pytest.mark.parametrize("key", WRONG)
def test_a_wrong_file_is_refused_whole_for_its_reason(refused: dict[str, FileReport], key: str) -> None:
    _, reason, column = WRONG[key]
    report = refused[key]
    assert (report.outcome, report.reason, report.key) == (FileOutcome.REFUSED, reason, key)
    assert (report.rows_in, report.loaded, report.unchanged, report.quarantined) == (0, 0, 0, 0)
    assert report.column == column
    assert key in report.text


def _drop(works: Works, folder: Path, key: str, content: str) -> FileReport:
    path = folder / "dropped"
    path.write_text(content)
    works.drop(path, key)
    return works.await_files([key], WITHIN, lambda _: None)[key]


def test_a_header_without_rows_is_a_file_without_rows(works: Works, tmp_path: Path) -> None:
    report = _drop(works, tmp_path, "parts_shop_orders/2026/01/04/parts_shop_orders_head.csv", f"{HEAD}\n")
    assert (report.outcome, report.rows_in) == (FileOutcome.LOADED, 0)


def test_a_torn_quote_goes_to_quarantine_with_its_line_and_column(works: Works, tmp_path: Path) -> None:
    key = "parts_shop_orders/2026/01/04/parts_shop_orders_torn.csv"
    torn = row("T2", "T9", '"Ada Example')
    report = _drop(works, tmp_path, key, f"{HEAD}\n{row('T1', 'T9')}{torn}")
    assert (report.rows_in, report.loaded, report.quarantined) == (2, 1, 1)
    (reason,) = report.reasons
    assert (reason.reason, reason.column, reason.line) == ("torn_quote", "name", 3)


def test_a_file_dropped_twice_counts_once(works: Works, tmp_path: Path) -> None:
    content = f"{HEAD}\n{row('T7', 'T8')}"
    first = "parts_shop_orders/2026/01/05/parts_shop_orders_first.csv"
    report = _drop(works, tmp_path, first, content)
    assert (report.outcome, report.loaded) == (FileOutcome.LOADED, 1)
    works.await_quiet(WITHIN)
    again = _drop(works, tmp_path, "parts_shop_orders/2026/01/06/parts_shop_orders_again.csv", content)
    assert (again.outcome, again.rows_in, again.loaded, again.unchanged) == (FileOutcome.REPEATED, 1, 0, 1)
    assert again.same_as == report.file_id
    works.drop(tmp_path / "dropped", first)
    works.await_quiet(WITHIN)
    bought = [event for _, event in works.events("transaction") if event.id.startswith("T7")]
    assert len(bought) == 1
    (customer,) = [p for p in works.profiles() if "parts_shop_orders/T8" in p.subjects]
    assert sum(o.purchases for o in customer.ledgers["cars"].occasions) == 1
