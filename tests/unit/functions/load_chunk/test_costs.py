"""What a row costs in requests and write units, on metering fakes."""

from bench.load import measure


def test_a_changed_record_costs_its_event_and_little_more() -> None:
    found = measure(rows=100)
    assert found["changed, not compared"]["units"] <= 1.5
    assert found["sales"]["units"] <= 1.5
    assert found["changed, not compared"]["requests"] < 2.7
    # the event, the record filed and placed with that of its customer, the entries of the old and the new address
    assert 1 < found["changed e-mail"]["units"] <= 6.1
    assert all(figures["requests"] < 8 for figures in found.values())
