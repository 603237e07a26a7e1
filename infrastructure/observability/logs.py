"""Logging configuration: plain lines in development; JSON in production, with messages of exceptions redacted."""

import logging
import os
from typing import Any, Final

from infrastructure.observability import tracing
from infrastructure.observability.tracebacks import redacted

# Libraries that log too much at INFO: the job engine and the HTTP clients write several lines per image where we write
# one, and the passkey library logs credential ids.
QUIET_LOGGERS: Final = ("procrastinate", "httpx", "httpx2", "httpcore", "httpcore2", "fido2", "stripe", "opentelemetry")

# uvicorn configures its own handlers before Django starts; in production its lines go through the root handler instead.
# Its access log stays off, because it contains URLs, and signed image links are among them.
UVICORN_LOGGERS: Final[dict[str, dict[str, Any]]] = {
    "uvicorn": {"handlers": [], "propagate": True},
    "uvicorn.access": {"handlers": [], "propagate": False},
}


class TraceFilter(logging.Filter):
    """Add the id of the current trace to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        if trace_id := tracing.trace_id():
            record.trace = trace_id
        return True


class RedactionFilter(logging.Filter):
    """Remove URLs, requests and exception messages from records, and keep the reason and the traceback.

    Django logs the path of a rejected request, which can be a signed image link, and attaches the request itself.
    Messages of database and server errors quote the value that caused them.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        for name in ("request", "color_message"):
            record.__dict__.pop(name, None)
        error = record.exc_info[1] if record.exc_info else None
        if record.name.startswith("django.security"):
            record.msg, record.args = "a request was refused: %s", (_refusal(record),)
        elif error or record.name == "django.request":
            record.msg, record.args = "%s: %s", (_subject(record), redacted(error) if error else "no error was raised")
        record.exc_info = record.exc_text = None
        return True


def _refusal(record: logging.LogRecord) -> str:
    """Return the last part of the logger's name and, for CSRF, the failed check without the values of the request."""
    reason = record.name.rpartition(".")[2]
    if reason != "csrf" or not isinstance(record.args, tuple):
        return reason
    return f"{reason}, {str(record.args[0]).partition(' - ')[0]}"


def _subject(record: logging.LogRecord) -> str:
    # Django puts the path here, and the second line of an asyncio message contains the exception.
    return "a page failed" if record.name == "django.request" else record.getMessage().partition("\n")[0]


def logging_settings(*, debug: bool) -> dict[str, Any]:
    """Return Django's LOGGING."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"trace": {"()": TraceFilter}, "redaction": {"()": RedactionFilter}},
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
                "filters": ["trace"] if debug else ["trace", "redaction"],
            }
        },
        "root": {"handlers": ["terminal"], "level": os.environ.get("LOG_LEVEL", "INFO").upper()},
        "loggers": {
            **{name: {"level": "WARNING"} for name in QUIET_LOGGERS},
            # At WARNING it logs the URL of every 404 response. website.request_log already logs each request.
            "django.request": {"level": "ERROR"},
            **({} if debug else UVICORN_LOGGERS),
        },
    }
