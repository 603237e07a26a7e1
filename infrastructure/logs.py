"""What the log says: a line for people in development, JSON in production, each with the ids of what it is about."""

import logging
import os
from typing import Any, Final

from infrastructure import tracing
from infrastructure.tracebacks import redacted

# Each says more than we want to know, or what nobody should: one line of ours for each image says more than the job
# engine's five and the HTTP clients' three, and the library of passkeys would name each credential.
QUIET: Final = ("procrastinate", "httpx", "httpx2", "httpcore", "fido2", "stripe", "opentelemetry")

# Uvicorn has set up lines of its own by now; in production they come with the others. None of them is about a request:
# those would name addresses, with links that open pictures.
SERVERS: Final[dict[str, dict[str, Any]]] = {
    "uvicorn": {"handlers": [], "propagate": True},
    "uvicorn.access": {"handlers": [], "propagate": False},
}


class TraceFilter(logging.Filter):
    """Gives each line the trace that it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        if found := tracing.trace_id():
            record.trace = found
        return True


class RedactionFilter(logging.Filter):
    """Keeps of a refusal why and of an error where it happened, and leaves out their addresses and words.

    Django writes the path of a refused form (a picture's link, it may be) and gives the request itself along; errors of
    databases and servers quote what they stumbled over.
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
    """Return what kind of refusal it is; of a form's also which check failed, without what the browser had sent."""
    kind = record.name.rpartition(".")[2]
    if kind != "csrf" or not isinstance(record.args, tuple):
        return kind
    return f"{kind}, {str(record.args[0]).partition(' - ')[0]}"


def _subject(record: logging.LogRecord) -> str:
    # Django names the address here; in asyncio's second line the error itself is written out.
    return "a page failed" if record.name == "django.request" else record.getMessage().partition("\n")[0]


def logging_settings(*, debug: bool) -> dict[str, Any]:
    """Return Django's LOGGING."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"trace": {"()": TraceFilter}, "discretion": {"()": RedactionFilter}},
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
                "filters": ["trace"] if debug else ["trace", "discretion"],
            }
        },
        "root": {"handlers": ["terminal"], "level": os.environ.get("LOG_LEVEL", "INFO").upper()},
        "loggers": {
            **{name: {"level": "WARNING"} for name in QUIET},
            # It would repeat the address of each page that is not there; each request has a line of ours.
            "django.request": {"level": "ERROR"},
            **({} if debug else SERVERS),
        },
    }
