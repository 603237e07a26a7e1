"""Local server that replaces Stripe: it implements the API calls of the gateway and signs webhook events.

Each method that changes a payment (pay, refund, dispute) also changes later API responses, and returns the event that
Stripe would send. The test decides whether, when and how often it delivers the event.
"""

import itertools
import json
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from stripe import WebhookSignature

from tests.http_server import HttpServer

WEBHOOK_SECRET: Final = "whsec_of_the_tests"


class Event:
    """A webhook event: its body and its signature."""

    def __init__(self, number: int, event_type: str, item: Mapping[str, Any]) -> None:
        self.type = event_type
        event = {"id": f"evt_{number}", "object": "event", "type": event_type, "data": {"object": item}}
        self.body = json.dumps(event | {"api_version": "2026-10-28.test", "created": int(time.time())})

    def signature(self, secret: str = WEBHOOK_SECRET, *, at: int | None = None) -> str:
        """Return the signature header, signed at a Unix time (default: now)."""
        header: str = WebhookSignature.generate_signature_header(self.body, secret, timestamp=at)
        return header


class StripeStandIn(HttpServer):
    """Stripe's API on 127.0.0.1, in a thread that runs while the context is open."""

    def __init__(self) -> None:
        super().__init__(_handler(self))
        self.sessions: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.disputes: list[dict[str, Any]] = []
        self.refunds: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str]] = []
        self.status = 200
        # Called with the path before each response, so that a test can act at that moment.
        self.before_response: Callable[[str], None] = lambda _path: None
        self._keys: dict[str, str] = {}
        self._numbers = itertools.count(1)

    def clear(self) -> None:
        """Remove all objects."""
        for objects in (self.sessions, self.intents, self.disputes, self.refunds, self.events):
            objects.clear()

    def pay(self, session_id: str, *, later: bool = False, amount: int | None = None, currency: str = "usd") -> Event:
        """Complete a checkout, with an immediate or a delayed payment method."""
        session = self.sessions[session_id]
        intent = self._intent(session)
        session |= {"status": "complete", "payment_status": "unpaid" if later else "paid", "currency": currency}
        session["amount_total"] = session["amount_total"] if amount is None else amount
        intent["status"] = "processing" if later else "succeeded"
        intent["latest_charge"] = None if later else self._charge(intent, session)
        return self._event("checkout.session.completed", self._serialize(session))

    def confirm(self, session_id: str) -> Event:
        """Confirm a delayed payment."""
        session = self.sessions[session_id]
        intent = self.intents[session["payment_intent"]]
        session["payment_status"], intent["status"] = "paid", "succeeded"
        intent["latest_charge"] = self._charge(intent, session)
        return self._event("checkout.session.async_payment_succeeded", self._serialize(session))

    def reject(self, session_id: str) -> Event:
        """Reject a delayed payment."""
        session = self.sessions[session_id]
        self.intents[session["payment_intent"]]["status"] = "requires_payment_method"
        return self._event("checkout.session.async_payment_failed", self._serialize(session))

    def decline(self, session_id: str) -> None:
        """Decline a card; the checkout stays open for another one."""
        intent = self._intent(self.sessions[session_id])
        card = {"type": "card", "card": {"brand": "visa", "last4": "0002"}}
        intent["last_payment_error"] = {"code": "card_declined", "payment_method": card}
        intent["status"] = "requires_payment_method"

    def expire(self, session_id: str) -> Event:
        """Expire an unpaid checkout."""
        self.sessions[session_id]["status"] = "expired"
        return self._event("checkout.session.expired", self._serialize(self.sessions[session_id]))

    def refund(self, session_id: str, cents: int) -> Event:
        """Refund part of a payment."""
        charge = self.charge_of(session_id)
        charge["amount_refunded"] += cents
        refund = {**self._new("re"), "object": "refund", "payment_intent": charge["payment_intent"]}
        self.refunds.append({**refund, "amount": cents, "status": "succeeded"})
        return self._event("charge.refunded", charge)

    def fail_refund(self, session_id: str) -> Event:
        """Fail the last refund, whose money returns from the bank."""
        charge, refund = self.charge_of(session_id), self.refunds[-1]
        charge["amount_refunded"] -= refund["amount"]
        refund["status"] = "failed"
        self.events.append({**self._new("evt"), "object": "event", "type": "refund.failed", "data": {"object": refund}})
        return self._event("refund.failed", refund)

    def dispute(self, session_id: str) -> Event:
        """Open a dispute of the amount that is not refunded."""
        charge = self.charge_of(session_id)
        charge["disputed"] = True
        dispute = {**self._new("du"), "object": "dispute", "status": "needs_response"}
        dispute |= {"payment_intent": charge["payment_intent"], "amount": charge["amount"] - charge["amount_refunded"]}
        self.disputes.append(dispute)
        return self._event("charge.dispute.created", dispute)

    def close_dispute(self, session_id: str, status: str) -> Event:
        """Set the status of a dispute, such as "won" or "lost"."""
        payment_id = self.sessions[session_id]["payment_intent"]
        dispute = next(dispute for dispute in self.disputes if dispute["payment_intent"] == payment_id)
        dispute["status"] = status
        return self._event("charge.dispute.closed", dispute)

    def charge_of(self, session_id: str) -> dict[str, Any]:
        charge: dict[str, Any] = self.intent_of(session_id)["latest_charge"]
        return charge

    def intent_of(self, session_id: str) -> dict[str, Any]:
        return self.intents[self.sessions[session_id]["payment_intent"]]

    def respond(self, method: str, path: str, parameters: Mapping[str, str], key: str) -> tuple[int, object]:
        """Return status and body of the response to an API request."""
        self.before_response(path)
        self.requests.append((method, path))
        if self.status != 200:
            return self.status, {"error": {"type": "api_error", "message": "Down."}}
        if method == "POST" and path == "/v1/checkout/sessions":
            return 200, self._create(parameters, key)
        resource, _, object_id = path.removeprefix("/v1/").removeprefix("checkout/").partition("/")
        if object_id:
            return self._retrieve(object_id)
        return 200, self._list(resource, parameters)

    def _create(self, parameters: Mapping[str, str], key: str) -> dict[str, Any]:
        if key not in self._keys:
            session = {**self._new("cs"), "object": "checkout.session", "status": "open", "payment_status": "unpaid"}
            session |= {"amount_total": int(parameters["line_items[0][price_data][unit_amount]"])}
            session |= {"currency": parameters["line_items[0][price_data][currency]"], "payment_intent": None}
            session |= {"client_reference_id": parameters["client_reference_id"], "invoice": None}
            session |= {"url": f"{self.url}/pay/{session['id']}", "sent": {**parameters, "Idempotency-Key": key}}
            self.sessions[session["id"]] = session
            self._keys[key] = session["id"]
        return self._serialize(self.sessions[self._keys[key]])

    def _retrieve(self, session_id: str) -> tuple[int, object]:
        if session_id not in self.sessions:
            return 404, {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "None."}}
        session = self.sessions[session_id]
        intent = self.intents.get(session["payment_intent"] or "")
        return 200, {**self._serialize(session), "payment_intent": intent}

    def _list(self, resource: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        rows: list[dict[str, Any]] = {
            "sessions": [self._serialize(session) for session in self.sessions.values()],
            "disputes": self.disputes,
            "refunds": self.refunds,
            "events": [event for event in self.events if event["type"] == parameters.get("type")],
        }[resource]
        if "payment_intent" in parameters:
            rows = [row for row in rows if row["payment_intent"] == parameters["payment_intent"]]
        since = int(parameters.get("created[gte]", 0))
        rows = [row for row in rows if row["created"] >= since]
        return {"object": "list", "data": rows, "has_more": False, "url": f"/v1/{resource}"}

    def _intent(self, session: dict[str, Any]) -> dict[str, Any]:
        if session["payment_intent"] is None:
            intent = {**self._new("pi"), "object": "payment_intent", "status": "requires_payment_method"}
            intent |= {"latest_charge": None, "last_payment_error": None}
            self.intents[intent["id"]] = intent
            session["payment_intent"] = intent["id"]
        return self.intents[session["payment_intent"]]

    def _charge(self, intent: dict[str, Any], session: dict[str, Any]) -> dict[str, Any]:
        charge = {**self._new("ch"), "object": "charge", "amount": session["amount_total"], "amount_refunded": 0}
        card = {"type": "card", "card": {"brand": "visa", "last4": "4242"}}
        charge |= {"disputed": False, "payment_intent": intent["id"], "payment_method_details": card}
        return charge | {"receipt_url": f"{self.url}/receipts/{charge['id']}"}

    def _new(self, prefix: str) -> dict[str, Any]:
        return {"id": f"{prefix}_{next(self._numbers)}", "created": int(time.time())}

    def _event(self, event_type: str, item: Mapping[str, Any]) -> Event:
        return Event(next(self._numbers), event_type, item)

    @staticmethod
    def _serialize(session: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in session.items() if name != "sent"}


def _handler(stripe: StripeStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Buffers head and body into one packet. Two packets would wait for the acknowledgement of the first.
        wbufsize = -1

        def do_GET(self) -> None:
            self._respond("GET", dict(parse_qsl(urlsplit(self.path).query)))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._respond("POST", dict(parse_qsl(body)))

        def _respond(self, method: str, parameters: Mapping[str, str]) -> None:
            key = self.headers.get("Idempotency-Key", "")
            status, content = stripe.respond(method, urlsplit(self.path).path, parameters, key)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    return Handler
