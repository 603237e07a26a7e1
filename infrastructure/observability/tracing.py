"""OpenTelemetry traces that cover a request, its job and the call to the provider.

An image stores the trace context of the request that created it (W3C Trace Context), so that the worker continues the
same trace. Without OTEL_EXPORTER_OTLP_ENDPOINT, tracing is off and spans do nothing.
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
    """Start to export spans under this service name if a collector is configured. Further calls do nothing."""
    global _provider  # noqa: PLW0603
    if _provider is None and os.environ.get(ENDPOINT):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - slow import

        _provider = TracerProvider(resource=Resource.create({"service.name": service}))
        # The processor exports in its own thread; the exporter reads its endpoint and headers from the environment.
        _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))


def stop() -> None:
    """Export the remaining spans and stop tracing."""
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
    """Record the block as a span, as a child of `parent` (a traceparent) or of the current span.

    If the block raises, only the type of the exception is recorded: its message may contain a prompt or a secret.
    """
    if _provider is None:
        yield
        return
    parent_context = propagate.extract({HEADER: parent}) if parent else contexts.get_current()
    tracer = _provider.get_tracer("get-images")
    with tracer.start_as_current_span(
        name,
        context=parent_context,
        kind=kind,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield
        except Exception as error:
            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def current_parent() -> str:
    """Return the current span as a traceparent, or "" if there is none."""
    carrier: dict[str, str] = {}
    if _provider is not None:
        propagate.inject(carrier)
    return carrier.get(HEADER, "")


def trace_id() -> str:
    """Return the id of the current trace in hexadecimal, or "" if there is none."""
    span_context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(span_context.trace_id) if _provider is not None and span_context.is_valid else ""
