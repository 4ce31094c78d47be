"""The state of a source: per record the newest content that was seen, kept as one segment per file and merged when read.

A segment row is (id, line, version, seen, item, ref):
    line     fast hash of the record's text, finds unchanged lines without parsing them
    version  first 64 bits of the content's hash; 0: two contents were stated for the same instant, so neither is known
    seen     when the source said so, the newest word on this id
    item     `stated` of the newest item on the timeline (null: this file put none there)
    ref      customer that a disappeared event belonged to
The merge takes maxima under a total order: segments may come in any order and more than once.
"""


def pending_path(source: str, file_id: str) -> str:
    """Segment of a file whose chunks are not all applied; it does not make a row `unchanged`."""
    return f"source_state/{source}/pending/{file_id}.parquet"


def applied_path(source: str, file_id: str) -> str:
    """Segment of a file that is applied as a whole."""
    return f"source_state/{source}/applied/{file_id}.parquet"


def intent_path(source: str, file_id: str) -> str:
    """Mark of a file that is being read now."""
    return f"source_state/{source}/reading/{file_id}.json"
