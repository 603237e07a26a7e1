"""Traces, where OTEL_EXPORTER_OTLP_ENDPOINT names a collector: from a request through its job to the provider's call.

An image keeps the context of the request that asked for it (W3C Trace Context), so that whichever worker makes it goes
on with the same trace. Without a collector nothing is begun, and a span is nothing.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Final

from opentelemetry import context as contexts
from opentelemetry import propagate, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
HEADER: Final = "traceparent"

_provider: TracerProvider | None = None


def start(service: str) -> None:
    """Begin to send spans, as this service, if a collector is named. A second time changes nothing."""
    global _provider  # noqa: PLW0603
    if _provider is None and os.environ.get(ENDPOINT):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - it is slow

        _provider = TracerProvider(resource=Resource.create({"service.name": service}))
        # It sends in a thread of its own; the exporter reads the collector's address and headers from the environment.
        _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))


def stop() -> None:
    """Send what is still to be sent, and end."""
    global _provider  # noqa: PLW0603
    if _provider is not None:
        _provider.shutdown()
        _provider = None


@contextlib.contextmanager
def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: str = "",
    attributes: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Measure what the block does, as a part of the present span, or of the one that `parent` (a traceparent) names.

    An error that leaves the block is noted by its type alone: its words may hold what must not get out.
    """
    if _provider is None:
        yield
        return
    around = propagate.extract({HEADER: parent}) if parent else contexts.get_current()
    tracer = _provider.get_tracer("get-images")
    with tracer.start_as_current_span(
        name, context=around, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except Exception as error:
            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def current_parent() -> str:
    """Return the present span as a traceparent, "" without one."""
    carrier: dict[str, str] = {}
    if _provider is not None:
        propagate.inject(carrier)
    return carrier.get(HEADER, "")


def trace_id() -> str:
    """Return the present trace's id in hexadecimal, "" without one: for the log."""
    found = trace.get_current_span().get_span_context()
    return trace.format_trace_id(found.trace_id) if _provider is not None and found.is_valid else ""
