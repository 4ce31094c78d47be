"""One module for each function, named as its folder in `functions/`: what it needs, may do and is woken by."""

from importlib import import_module

from infra.parts.feature import Feature

CYCLE = ("begin_cycle", "snapshot_part", "score_population", "segment_part", "decide_part", "report_cycle")
OTHERS = (
    "read_drop",
    "load_chunk",
    "decide_events",
    "release_due",
    "send_email",
    "send_text",
    "make_mailing",
    "order_pieces",
    "record_feedback",
    "watch_vendor",
    "erase_customers",
    "trim_timelines",
    "serve_api",
)


def feature(name: str) -> Feature:
    """The feature that `infra/features/<name>.py` describes."""
    found = import_module(f"infra.features.{name}").FEATURE
    assert isinstance(found, Feature)  # noqa: S101 - tells the type
    return found
