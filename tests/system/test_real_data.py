"""Untouched public data sets through the same door as everybody's files: totals as published."""

from pathlib import Path

import pytest

from courtesy.outcomes import FileOutcome
from courtesy_local.demo.works import Works

pytestmark = pytest.mark.system

DATA = Path(__file__).resolve().parents[2] / "../shared/data"
CDNOW = DATA / "clv-cdnow-sample" / "CDNOW_sample.txt"
FEBRL = DATA / "identity-febrl" / "dataset2.csv"
WITHIN = 300.0


@pytest.mark.skipif(not CDNOW.exists(), reason="the CDNOW sample is not beside the checkout (../shared/data)")
def test_cdnow_keeps_its_rows_customers_and_dollars(works: Works) -> None:
    works.drop(CDNOW, "cdnow/2026/01/02/CDNOW_sample.txt")
    report = works.await_files(["cdnow/2026/01/02/CDNOW_sample.txt"], WITHIN, lambda _: None)
    assert [r.rows_in for r in report.values()] == [6919]
    ours = [p for p in works.profiles() if any(subject.startswith("cdnow/") for subject in p.subjects)]
    assert len(ours) == 2357
    cents = sum(o.amount for p in ours for o in p.ledgers["marine"].occasions)
    assert cents == 24_409_194
    assert sum(o.purchases for p in ours for o in p.ledgers["marine"].occasions) == 6919


@pytest.mark.skipif(not FEBRL.exists(), reason="FEBRL 2 is not beside the checkout (../shared/data)")
def test_febrl_keeps_its_records(works: Works) -> None:
    works.drop(FEBRL, "febrl/2026/01/02/dataset2.csv")
    (report,) = works.await_files(["febrl/2026/01/02/dataset2.csv"], WITHIN, lambda _: None).values()
    assert (report.outcome, report.rows_in, report.loaded) == (FileOutcome.LOADED, 5000, 5000)
    subjects = [s for p in works.profiles() for s in p.subjects if s.startswith("febrl/")]
    assert len(subjects) == len(set(subjects)) == 5000
