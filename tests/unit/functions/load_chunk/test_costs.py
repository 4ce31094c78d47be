"""What a row costs in requests and write units, on metering fakes."""

from bench.load import measure


def test_a_changed_record_costs_its_event_and_little_more() -> None:
    found = measure(rows=100)
    assert found["changed, not compared"]["units"] <= 1.5
    assert found["sales"]["units"] <= 1.5
    assert all(figures["requests"] < 2.7 for figures in found.values())
    assert found["changed e-mail"]["units"] > found["changed, not compared"]["units"]
