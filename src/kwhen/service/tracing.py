"""Traces by OpenTelemetry, where its usual variables name an address to send them to."""

import os
from importlib import import_module
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kwhen.errors import SettingError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
NAME = "OTEL_SERVICE_NAME"
HIDDEN = "kwhen.query_string"  # in the scope of a request
LIBRARIES = (
    "opentelemetry.sdk.trace",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.instrumentation.asgi",
)


def is_tracing() -> bool:
    """Whether traces are wanted.

    Raises
    ------
    SettingError : they are, but the extra that sends them is not installed
    """
    named = next((name for name in ENDPOINTS if os.environ.get(name)), None)
    if named is None:
        return False
    for library in LIBRARIES:
        try:
            import_module(library)
        except ImportError as error:
            raise SettingError(
                f"{named} is set, but what sends traces is not installed: "
                "pip install 'kwhen[telemetry]', or leave the variable out"
            ) from error
    return True


def traced(app: ASGIApp) -> ASGIApp:
    """The application with its requests traced; itself where no address is named.

    Raises
    ------
    SettingError
    """
    if not is_tracing():
        return app
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return Traced(app, BatchSpanProcessor(OTLPSpanExporter()))


class Traced:
    """An application with a span around every request; the last ones are sent at its end."""

    def __init__(self, app: ASGIApp, processor: "SpanProcessor") -> None:
        from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider

        resource = Resource.create({SERVICE_NAME: os.environ.get(NAME) or "kwhen"})
        self.provider = TracerProvider(resource=resource)
        self.provider.add_span_processor(processor)
        self.app: ASGIApp = OpenTelemetryMiddleware(
            _Named(app), tracer_provider=self.provider, exclude_spans=["send", "receive"]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request within a span, which is not told its query: links sign in by theirs."""
        query = scope.get("query_string", b"")
        await self.app({**scope, "query_string": b"", HIDDEN: query}, receive, send)
        if scope["type"] == "lifespan":
            self.provider.shutdown()


class _Named:
    """Gives the span of a request its id, and the route's name in place of the path."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from opentelemetry import trace

        span = trace.get_current_span()
        scope = {**scope, "query_string": scope[HIDDEN]}

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                span.set_attribute("kwhen.request_id", scope["state"]["request_id"])
                if (route := getattr(scope.get("route"), "path", None)) is not None:
                    span.set_attribute("http.route", route)
                    span.update_name(f"{scope['method']} {route}")
            await send(message)

        await self.app(scope, receive, named if scope["type"] == "http" else send)
