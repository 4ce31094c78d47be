"""The stored form of a profile: compressed where that costs fewer write units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courtesy_aws.tables.profiles import OVERHEAD, WRITE_UNIT, pack, unpack


@given(st.binary(max_size=5000))
def test_a_document_comes_back_whole(tail: bytes) -> None:
    document = b"{" + tail
    assert unpack(pack(document)) == document


@pytest.mark.parametrize(
    ("size", "packed"),
    [(100, False), (WRITE_UNIT - OVERHEAD, False), (WRITE_UNIT - OVERHEAD + 1, True), (40_000, True)],
)
def test_compression_is_taken_where_it_saves_a_write_unit(size: int, packed: bool) -> None:
    stored = pack(b"{" + b" " * (size - 1))
    assert (stored[:1] == b"z") is packed
    assert (len(stored) + OVERHEAD <= WRITE_UNIT) is True


def test_what_does_not_shrink_by_a_unit_stays_as_it_is() -> None:
    import random

    noise = b"{" + random.Random(1).randbytes(3000)  # noqa: S311
    assert pack(noise) == noise
