"""Files that are wrong as a whole, and a torn row: each gets its reason, and where it is."""

import gzip
from pathlib import Path

import pytest

from courtesy.outcomes import FileOutcome, FileRefusal
from courtesy_local.demo.works import Works

pytestmark = pytest.mark.system

HEAD = "order_id,ordered_at,account,name,email,phone,address,city,zip,state,country,division,article,quantity,total,currency,kind"
ROW = "T1,2026-01-02T10:00:00Z,T9,Ada Example,,,,,,,US,cars,Mats,1,10.00,USD,order"
CASES = {
    "parts_shop_orders/2026/01/03/parts_shop_orders_header.csv": (
        HEAD.replace("order_id", "number").encode() + b"\n",
        FileRefusal.HEADER,
    ),
    "loyalty_programme/2026/01/03/loyalty_programme_cut.csv.gz": (
        gzip.compress(b"card_no\n" * 99)[:-9],
        FileRefusal.BROKEN_GZIP,
    ),
    "no_such_source/2026/01/03/a.csv": (b"a\n1\n", FileRefusal.UNKNOWN_SOURCE),
    "parts_shop_orders/2026/01/03/parts_shop_orders_empty.csv": (b"", FileRefusal.EMPTY_FILE),
}


def test_each_wrong_file_is_refused_for_its_reason(works: Works, tmp_path: Path) -> None:
    for number, (key, (content, _)) in enumerate(CASES.items()):
        path = tmp_path / str(number)
        path.write_bytes(content)
        works.drop(path, key)
    reports = works.await_files(CASES, 120.0, lambda _: None)
    for key, (_, reason) in CASES.items():
        assert (reports[key].outcome, reports[key].reason, reports[key].rows_in) == (
            FileOutcome.REFUSED,
            reason,
            0,
        )
        assert reports[key].text


def test_a_torn_quote_goes_to_quarantine_with_its_line_and_column(works: Works, tmp_path: Path) -> None:
    key = "parts_shop_orders/2026/01/04/parts_shop_orders_torn.csv"
    path = tmp_path / "torn.csv"
    path.write_text(f"{HEAD}\n{ROW}\n{ROW.replace('T1', 'T2').replace('Ada', chr(34) + 'Ada')}\n")
    works.drop(path, key)
    report = works.await_files([key], 120.0, lambda _: None)[key]
    assert (report.rows_in, report.loaded, report.quarantined) == (2, 1, 1)
    (reason,) = report.reasons
    assert (reason.reason, reason.column, reason.line) == ("torn_quote", "name", 3)
