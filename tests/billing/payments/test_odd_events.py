"""Events that Stripe signed but that have an unexpected form: accepted, logged and without effect."""

import json
from typing import Any

import pytest

from accounts.models import User
from billing.models import PaymentEvent, Purchase
from tests.billing.payments.steps import account, deliver, start_purchase
from tests.billing.payments.stripe_stand_in import Event, StripeStandIn

pytestmark = pytest.mark.django_db

SESSION = "checkout.session.completed"
THIN = {"id": "evt_1", "object": "v2.core.event", "type": "v1.billing.meter.no_meter_found", "related_object": None}
ODD: dict[str, Any] = {
    "no data": {"id": "evt_1", "object": "event", "type": SESSION},
    "data null": {"id": "evt_1", "object": "event", "type": SESSION, "data": None},
    "data a text": {"id": "evt_1", "object": "event", "type": SESSION, "data": "cs_1"},
    "no object": {"id": "evt_1", "object": "event", "type": SESSION, "data": {}},
    "object null": {"id": "evt_1", "object": "event", "type": SESSION, "data": {"object": None}},
    "object a list": {"id": "evt_1", "object": "event", "type": SESSION, "data": {"object": []}},
    "no session id": {"id": "evt_1", "object": "event", "type": SESSION, "data": {"object": {}}},
    "no event id": {"object": "event", "type": SESSION, "data": {"object": {"id": "cs_1"}}},
    "a number as event id": {"id": 1, "object": "event", "type": SESSION, "data": {"object": {"id": "cs_1"}}},
    "no type": {"id": "evt_1", "object": "event", "data": {"object": {"id": "cs_1"}}},
    "type null": {"id": "evt_1", "object": "event", "type": None, "data": {"object": {"id": "cs_1"}}},
    "a long event id": {
        "id": "evt_" + "1" * 300,
        "object": "event",
        "type": SESSION,
        "data": {"object": {"id": "cs_1"}},
    },
    "a long session id": {"id": "evt_1", "object": "event", "type": SESSION, "data": {"object": {"id": "c" * 300}}},
    "NUL in the event id": {"id": "evt_\0", "object": "event", "type": SESSION, "data": {"object": {"id": "cs_1"}}},
    "NUL in the session id": {"id": "evt_1", "object": "event", "type": SESSION, "data": {"object": {"id": "cs_\0"}}},
    "a surrogate": {"id": "evt_1", "object": "event", "type": SESSION, "data": {"object": {"id": "cs_\ud800"}}},
    "NUL in the type": {"id": "evt_1", "object": "event", "type": SESSION + "\0", "data": {"object": {"id": "cs_1"}}},
    "NUL in the payment": {
        "id": "evt_1",
        "object": "event",
        "type": "charge.refunded",
        "data": {"object": {"id": "ch_1", "payment_intent": "pi_\0"}},
    },
    "no payment": {"id": "evt_1", "object": "event", "type": "charge.refunded", "data": {"object": {"id": "ch_1"}}},
    "thin": THIN,
    "a list": [],
    "a text": "event",
    "null": None,
}


def signed(content: Any) -> Event:
    event = Event(1, SESSION, {})
    event.body = json.dumps(content)
    return event


@pytest.mark.parametrize("case", ODD)
def test_it_is_ignored_with_a_log_line(stripe: StripeStandIn, alice: User, caplog: Any, case: str) -> None:
    purchase = start_purchase(alice)
    stripe.requests.clear()
    assert deliver(signed(ODD[case])) == 200
    assert "webhook event ignored" in caplog.text
    assert "rejected" not in caplog.text
    assert not PaymentEvent.objects.exists()
    assert (stripe.requests, account(alice).balance) == ([], 100)
    assert Purchase.objects.get(pk=purchase.pk).status == "open"


def test_a_body_that_is_no_json_is_ignored(stripe: StripeStandIn, caplog: Any) -> None:
    event = signed(None)
    event.body = "{"
    assert deliver(event) == 200
    assert "webhook event ignored" in caplog.text


def test_a_thin_event_is_named_in_the_log(stripe: StripeStandIn, caplog: Any) -> None:
    deliver(signed(THIN))
    assert "thin event" in caplog.text


@pytest.mark.parametrize("signature", ["t=1,v1=00", ""])
def test_without_a_signature_it_is_rejected(stripe: StripeStandIn, signature: str) -> None:
    assert deliver(signed(THIN), signature) == 400


@pytest.mark.parametrize("reference", [None, 5, "", "\0", "not an id", {}, "absent"])
def test_a_session_with_an_odd_reference_is_found_by_its_id(stripe: StripeStandIn, alice: User, reference: Any) -> None:
    purchase = start_purchase(alice)
    assert purchase.session_id
    content = json.loads(stripe.pay(purchase.session_id).body)
    content["data"]["object"]["client_reference_id"] = reference
    if reference == "absent":
        del content["data"]["object"]["client_reference_id"]
    assert deliver(signed(content)) == 200
    assert PaymentEvent.objects.get().purchase == purchase


def test_an_expanded_payment_is_found(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    assert purchase.session_id
    deliver(stripe.pay(purchase.session_id))
    content = json.loads(stripe.refund(purchase.session_id, 2000).body)
    content["data"]["object"]["payment_intent"] = {"id": content["data"]["object"]["payment_intent"]}
    assert deliver(signed(content)) == 200
    assert account(alice).balance == 100


def test_a_session_with_another_purchases_reference_changes_only_its_own(
    stripe: StripeStandIn, alice: User, bob: User
) -> None:
    paid, other = start_purchase(bob), start_purchase(alice)
    assert paid.session_id
    content = json.loads(stripe.pay(paid.session_id).body)
    content["data"]["object"]["client_reference_id"] = str(other.pk)
    Purchase.objects.filter(pk=other.pk).update(session_id=None)
    assert deliver(signed(content)) == 200
    assert (account(bob).balance, account(alice).balance) == (600, 100)
