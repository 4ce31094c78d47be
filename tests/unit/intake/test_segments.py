"""Merged segments against the words themselves: the newest word of each record, whatever the order and number of segments."""

from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from courtesy.intake.segments import COLUMNS, load_segments

Row = tuple[str, int | None, int, str, str | None, str | None, str | None]
"""id, line, content, seen, item, first, ref; content 1 is a record that is gone."""


@st.composite
def rows(draw: st.DrawFn) -> Row:
    content = draw(st.sampled_from([1, 5, 6]))
    word = f"w{draw(st.integers(1, 4))}"
    item = word if draw(st.booleans()) else None
    line = None if content == 1 else content * 10 + draw(st.integers(0, 1))
    return draw(st.sampled_from("abc")), line, content, word, item, item, None


segments = st.lists(
    st.lists(rows(), min_size=1, max_size=4, unique_by=lambda row: row[0]), min_size=2, max_size=4
)


def expected(found: list[Row]) -> Row:
    """What a record's rows amount to."""
    seen = max(row[3] for row in found)
    newest = [row for row in found if row[3] == seen]
    items = [row[4] for row in found if row[4]]
    item = max(items) if items else None
    if len({row[2] for row in newest}) > 1:
        return found[0][0], None, 0, seen, item, None, None
    content = newest[0][2]
    lines = [row[1] for row in newest if row[1] is not None]
    firsts = [row[5] for row in found if row[2] == content and row[5]]
    return found[0][0], max(lines, default=None), content, seen, item, min(firsts, default=None), None


@settings(max_examples=40, deadline=None)
@given(segments)
def test_the_merge_is_what_the_words_say(made: list[list[Row]]) -> None:
    with TemporaryDirectory() as folder, duckdb.connect(":memory:") as con:
        paths = []
        for number, segment in enumerate(made):
            con.execute(f"CREATE OR REPLACE TABLE one ({COLUMNS})")
            con.executemany("INSERT INTO one VALUES (?, ?, ?, ?, ?, ?, ?)", segment)
            paths.append(Path(folder) / f"{number}.parquet")
            con.execute(f"COPY one TO '{paths[-1]}' (FORMAT parquet)")
        load_segments(con, "merged", paths)
        merged = con.execute("SELECT * FROM merged ORDER BY id").fetchall()
    words = [row for segment in made for row in segment]
    ids = sorted({row[0] for row in words})
    assert merged == [expected([row for row in words if row[0] == id_]) for id_ in ids]
