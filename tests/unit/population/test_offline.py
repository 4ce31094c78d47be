"""Value fit and RFM on files: published results of two reference sets, every way a file may be written, and what is refused."""

from datetime import date
from pathlib import Path

import pytest

from courtesy.errors import RefusedFile, RefusedRule, UnknownName
from courtesy.population.offline import TextFile, fit_file, fit_summary, rfm_file
from courtesy.population.rules import Ladder, SegmentRule

DATA = Path(__file__).parents[3] / ".." / "shared" / "data"
CDNOW = DATA / "clv-cdnow-sample" / "CDNOW_sample.txt"
SUMMARY = DATA / "clv-cdnow-sample" / "cdnow_customers_summary_with_transactions.csv"
ORDERS = DATA / "rfm-orders" / "rfm_data_orders.csv"
PUBLISHED = (
    # segment, R, F, M ranges, customers, orders, revenue; in this order
    ("champions", (5, 5), (5, 5), (5, 5), 35, 316, 31_646),
    ("potential_loyalist", (3, 5), (3, 5), (2, 5), 342, 2_211, 204_856),
    ("loyal_customers", (2, 4), (2, 4), (2, 4), 170, 799, 76_562),
    ("promising", (3, 4), (1, 3), (3, 5), 9, 28, 4_249),
    ("new_customers", (4, 5), (1, 3), (1, 5), 104, 329, 28_837),
    ("cant_lose_them", (1, 2), (3, 4), (4, 5), 47, 274, 32_446),
    ("at_risk", (1, 2), (2, 5), (4, 5), 28, 216, 22_227),
    ("need_attention", (1, 3), (3, 5), (3, 5), 10, 57, 4_562),
    ("about_to_sleep", (2, 3), (1, 3), (1, 4), 102, 283, 23_449),
    ("lost", (1, 1), (1, 5), (1, 5), 148, 393, 35_324),
)


def published_ladder() -> Ladder:
    """The ten segments as ordered rules."""
    rules = [
        SegmentRule(
            name=name,
            criteria=" AND ".join(
                f"{score}_score BETWEEN {low} AND {high}"
                for score, (low, high) in zip("rfm", (r, f, m), strict=True)
            ),
        )
        for name, r, f, m, *_ in PUBLISHED
    ]
    return Ladder(rules=rules, default="others")


@pytest.mark.skipif(not CDNOW.exists(), reason="the CDNOW sample is not beside the checkout")
def test_cdnows_published_parameters_from_its_raw_transactions() -> None:
    file = TextFile(CDNOW, delimiter=" ", header=False, date_format="%Y%m%d")
    fitted = fit_file(file, "2", "3", "5", date(1997, 9, 30))
    buying, spend = fitted.buying, fitted.spend
    assert (buying.customers, buying.repeaters) == (2_357, 946)
    assert [round(v, 3) for v in (buying.r, buying.alpha, buying.a, buying.b)] == [0.243, 4.414, 0.793, 2.426]
    assert round(buying.log_likelihood, 1) == -9_582.4
    assert len(buying.errors) == 4
    assert spend is not None
    assert [round(v, 2) for v in (spend.p, spend.q, spend.v)] == [6.25, 3.74, 15.44]
    assert fitted.actual == 1_882
    assert fitted.expected == pytest.approx(1_653.4, abs=0.5)


@pytest.mark.skipif(not SUMMARY.exists(), reason="the CDNOW summary is not beside the checkout")
def test_cdnows_published_parameters_from_its_summary() -> None:
    fitted = fit_summary(TextFile(SUMMARY), "zbar")
    buying, spend = fitted.buying, fitted.spend
    assert [round(v, 3) for v in (buying.r, buying.alpha, buying.a, buying.b)] == [0.243, 4.414, 0.793, 2.426]
    assert round(buying.log_likelihood, 1) == -9_582.4
    assert spend is not None
    assert [round(v, 2) for v in (spend.p, spend.q)] == [6.25, 3.74]
    assert spend.v == pytest.approx(15.44, abs=0.01)
    assert (fitted.expected, fitted.actual) == (None, None)


@pytest.mark.skipif(not ORDERS.exists(), reason="the RFM orders are not beside the checkout")
def test_the_ten_published_segments_with_orders_and_revenue() -> None:
    found = rfm_file(
        TextFile(ORDERS), "customer_id", "order_date", "revenue", date(2006, 12, 31), published_ladder()
    )
    assert (found.customers, found.orders) == (995, 4_906)
    assert found.cuts == {
        "r": [115, 181, 297.4, 482],
        "f": [4, 5, 6, 8],
        "m": pytest.approx([255.8, 382, 506.4, 666]),
    }
    shown = {s["segment"]: (s["customers"], s["orders"], s["revenue"]) for s in found.segments}
    assert shown.pop("others") == (0, 0, 0)
    assert shown == {name: tuple(counts) for name, _, _, _, *counts in PUBLISHED}
    assert list(shown) == [name for name, *_ in PUBLISHED]


def write(path: Path, *lines: str) -> Path:
    """A text file of these lines."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


DAYS = ("2020-01-01", "2020-03-01", "2020-03-01", "2020-07-01", "2021-01-01")


def test_headers_numbers_and_delimiters_read_alike(tmp_path: Path) -> None:
    people = [(f"p{n}", day, f"{n + 1}.50") for n in range(6) for day in DAYS[n % 3 :]]
    comma = write(tmp_path / "a.csv", "who,day,money", *(",".join(row) for row in people))
    bare = write(tmp_path / "b.txt", *(" ".join(row) for row in people))
    named = write(tmp_path / "c.txt", "who  day money", *("   ".join(row) for row in people))
    semicolon = write(tmp_path / "d.csv", *(";".join(row) for row in people))
    end = date(2020, 12, 31)
    fits = [
        fit_file(TextFile(comma), "who", "day", "money", end),
        fit_file(TextFile(bare, " ", header=False), "1", "2", "3", end),
        fit_file(TextFile(named, " "), "who", "day", "money", end),
        fit_file(TextFile(semicolon, ";", header=False, date_format="%Y-%m-%d"), "1", "2", "3", end),
    ]
    assert all(fit == fits[0] for fit in fits)
    assert fits[0].buying.customers == 6
    assert fits[0].actual == 6


def test_counting_in_days_scales_alpha_alone(tmp_path: Path) -> None:
    rows = [f"p{n},2020-0{1 + n % 3}-0{1 + k},1" for n in range(9) for k in range(1 + n % 4)]
    file = TextFile(write(tmp_path / "a.csv", "who,day,money", *rows))
    weeks = fit_file(file, "who", "day", "", date(2020, 6, 30), "week").buying
    days = fit_file(file, "who", "day", "", date(2020, 6, 30), "day").buying
    assert days.alpha == pytest.approx(7 * weeks.alpha, rel=2e-3)
    assert days.r == pytest.approx(weeks.r, rel=2e-3)


def test_without_money_there_is_no_spend_model(tmp_path: Path) -> None:
    rows = [f"p{n},{day}" for n in range(4) for day in DAYS]
    fitted = fit_file(
        TextFile(write(tmp_path / "a.csv", "who,day", *rows)), "who", "day", "", date(2021, 1, 1)
    )
    assert fitted.spend is None
    assert (fitted.expected, fitted.actual) == (None, None)


def test_what_is_wrong_with_a_file_is_said_with_its_place(tmp_path: Path) -> None:
    end = date(2021, 1, 1)
    with pytest.raises(RefusedFile, match="no such file"):
        fit_file(TextFile(tmp_path / "none.csv"), "who", "day", "", end)
    file = TextFile(write(tmp_path / "a.csv", "who,day,money", "p1,2020-01-01,5", "p2,soon,5"))
    with pytest.raises(RefusedFile, match="line 3, column 'day'") as day:
        fit_file(file, "who", "day", "money", end)
    assert "soon" not in str(day.value)
    file = TextFile(write(tmp_path / "b.csv", "who,day,money", "p1,2020-01-01,much"))
    with pytest.raises(RefusedFile, match="line 2, column 'money'"):
        fit_file(file, "who", "day", "money", end)
    with pytest.raises(UnknownName, match="did you mean 'money'"):
        fit_file(file, "who", "day", "mony", end)
    file = TextFile(write(tmp_path / "c.csv", "who,day", "p1,2020-01-01", "p2,2020-01-01"))
    with pytest.raises(RefusedFile, match="fewer than two customers"):
        fit_file(file, "who", "day", "", end)
    binary = tmp_path / "d.csv"
    binary.write_bytes(b'who,day\n"p1,2020-01-01\n\xff\xfe')
    with pytest.raises(RefusedFile, match=r"d\.csv"):
        fit_file(TextFile(binary), "who", "day", "", end)


def test_rfm_ignores_what_comes_after_its_date_and_needs_no_ladder(tmp_path: Path) -> None:
    rows = [f"p{n},2020-01-0{1 + n},{10 * n}" for n in range(5)] + ["p0,2020-02-01,999"]
    found = rfm_file(
        TextFile(write(tmp_path / "a.csv", "who,day,money", *rows)), "who", "day", "money", date(2020, 1, 9)
    )
    assert (found.customers, found.orders, found.segments) == (5, 5, [])
    assert found.cuts["m"] == pytest.approx([9, 17, 25, 33])  # quantiles 8, 16, 24, 32 of 0..40, plus 1
    with pytest.raises(RefusedRule):
        rfm_file(
            TextFile(tmp_path / "a.csv"), "who", "day", "money", date(2020, 1, 9),
            Ladder(rules=[SegmentRule(name="x", criteria="r_score >")], default="y"),
        )  # fmt: skip


def test_names_and_texts_with_quotes_do_no_harm(tmp_path: Path) -> None:
    odd = write(
        tmp_path / "it's.csv", 'the "who"\';,day,money', *(f"p{n},{day},1" for n in range(3) for day in DAYS)
    )
    odd.write_text(odd.read_text().replace('the "who"\';', '"the ""who""\';"'), encoding="utf-8")
    assert fit_file(TextFile(odd), 'the "who"\';', "day", "money", date(2021, 1, 1)).buying.customers == 3
