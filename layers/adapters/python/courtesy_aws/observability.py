"""Logs and metrics of all functions: one logger, one namespace, never a person's data.

Log what happened with ids that mean nothing outside (customer_id, contact id, file id), counts and reasons.
"""

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from courtesy.errors import CourtesyError

__all__ = ["MetricUnit", "count", "logger", "metrics", "observed", "place_of"]

logger = Logger(service="courtesy")
metrics = Metrics(namespace="Courtesy", service="courtesy")

Handler = Callable[[dict[str, Any], Any], Any]


def _in_lambda() -> bool:
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ


def observed(handler: Handler) -> Handler:
    """Wrap a handler: Lambda's context in each log line, and the metrics that it counted written when it ends."""

    @wraps(handler)
    def watched(event: dict[str, Any], context: Any) -> Any:
        logger.clear_state()
        try:
            return handler(event, context)
        except CourtesyError:  # these never carry a person's data
            raise
        except Exception as error:
            if not _in_lambda():
                raise
            raise _told_safely(error) from None
        finally:
            if metrics.metric_set:
                metrics.flush_metrics()

    return logger.inject_lambda_context(watched) if _in_lambda() else watched


def place_of(error: BaseException) -> str:
    """File and line where it was raised."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    return f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else ""


def _told_safely(error: Exception) -> Exception:
    """An error of the same name that says where it happened. Lambda writes an error's words into the log, and those of
    libraries quote what they could not read."""
    named: type[Exception] = type(type(error).__name__, (Exception,), {})
    return named(f"at {place_of(error)}")


def count(name: str, value: float = 1) -> None:
    """Add to a metric that counts things. Names are CamelCase nouns: `RowsLoaded`, `ContactsReserved`."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
