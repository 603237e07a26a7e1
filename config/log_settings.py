"""What the log says: a line for people in development, JSON in production, each with the ids of what it is about."""

import logging
import os
from typing import Any, Final

from config import tracing
from config.failures import frames

# Each says more than we want to know, or what nobody should: one line of ours for each image says more than the job
# engine's five and the HTTP clients' three, and the library of passkeys would name each credential.
QUIET: Final = ("procrastinate", "httpx", "httpx2", "httpcore", "fido2", "stripe", "opentelemetry")


class TraceFilter(logging.Filter):
    """Gives each line the trace that it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        if found := tracing.trace_id():
            record.trace = found
        return True


class FailureFilter(logging.Filter):
    """Keeps of a page that failed where it did, and leaves its address and the error's words out."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        record.msg, record.args = "a page failed: %s", (frames(error) if error else "no error was raised",)
        record.exc_info = record.exc_text = None
        record.__dict__.pop("request", None)
        return True


def logging_settings(*, debug: bool) -> dict[str, Any]:
    """Return Django's LOGGING."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"trace": {"()": TraceFilter}, "failure": {"()": FailureFilter}},
        "formatters": {
            "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": ["asctime", "levelname", "name", "message"],
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
                "datefmt": "%Y-%m-%dT%H:%M:%S%z",
            },
        },
        "handlers": {
            "terminal": {
                "class": "logging.StreamHandler",
                "formatter": "line" if debug else "json",
                "filters": ["trace"],
            }
        },
        "root": {"handlers": ["terminal"], "level": os.environ.get("LOG_LEVEL", "INFO").upper()},
        "loggers": {
            **{name: {"level": "WARNING"} for name in QUIET},
            # It would repeat the address of each page that is not there; each request has a line of ours.
            "django.request": {"level": "ERROR", "filters": [] if debug else ["failure"]},
        },
    }
