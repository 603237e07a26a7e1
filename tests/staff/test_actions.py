"""What staff may do, as each role: through the apps' own functions, with a reason, and written down."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts import api_keys
from accounts.models import ApiKey, User
from billing.models import LedgerEntry
from images import audit, generation
from images.exceptions import ProviderFailed
from images.models import AuditRun, CatalogueModel, Image
from images.schemas import GenerationArguments
from images.worker import attempts
from tests.factories import balance, caller_of, finished_image
from tests.rendered import words
from tests.web_server import Server

pytestmark = pytest.mark.django_db
Staff = Callable[[str], Client]

REASON = {"reason": "ticket 4711"}


def queued(user: User) -> Image:
    arguments = GenerationArguments.model_validate({"prompt": "a quiet lake", "modelId": "openai:gpt-image-2"})
    return generation.request(caller_of(user), arguments).image


def failed(user: User) -> Image:
    image = queued(user)
    attempts.end(image.pk, ProviderFailed("The provider answered with an error three times."))
    return image


def refusal(server: Server, secret: str) -> tuple[int, str]:
    """Ask for the list of images with a key; return how that is refused."""
    answer = httpx2.get(f"{server.url}/api/v1/images", headers={"Authorization": f"Bearer {secret}"})
    return answer.status_code, answer.json()["code"]


def page(subject: Any, action: str) -> str:
    meta = subject._meta
    return f"/admin/{meta.app_label}/{meta.model_name}/{subject.pk}/{action}/"


def history(subject: Any) -> list[tuple[str, str]]:
    """Return who did what to this."""
    return list(LogEntry.objects.filter(object_id=str(subject.pk)).values_list("user__email", "change_message"))


def test_support_grants_with_a_reason_that_the_ledger_and_the_history_keep(staff: Staff, alice: User) -> None:
    client = staff("support")
    assert client.post(page(alice, "grant"), {"amount": 50, **REASON}).status_code == 302
    entry = LedgerEntry.objects.latest("created_at")
    assert (entry.type, entry.amount, entry.description, balance(alice)) == ("grant", 50, "ticket 4711", 150)
    assert history(alice) == [("support@example.com", "Grant credits: +50 credits, balance 150. Reason: ticket 4711")]


def test_nothing_is_done_without_a_reason(staff: Staff, alice: User) -> None:
    client = staff("superuser")
    assert "This field is required." in words(client.post(page(alice, "grant"), {"amount": 50}))
    assert (balance(alice), history(alice)) == (100, [])


def test_support_grants_up_to_a_limit_and_an_administrator_beyond_it(staff: Staff, alice: User, settings: Any) -> None:
    settings.SUPPORT_GRANT_MAX = 20
    answer = staff("support").post(page(alice, "grant"), {"amount": 21, **REASON})
    assert "You can add or remove at most 20 credits at once." in words(answer)
    assert (balance(alice), history(alice)) == (100, [])
    staff("superuser").post(page(alice, "grant"), {"amount": 21, **REASON})
    assert balance(alice) == 121


def test_an_adjustment_takes_no_more_than_there_is(staff: Staff, alice: User) -> None:
    client = staff("support")
    client.post(page(alice, "adjust"), {"amount": -30, **REASON})
    assert balance(alice) == 70
    answer = client.post(page(alice, "adjust"), {"amount": -71, **REASON})
    assert "This costs 71 credits and the balance is 70." in words(answer)
    assert balance(alice) == 70


@pytest.mark.django_db(transaction=True)
def test_a_suspended_users_keys_and_sessions_stop_at_once(
    staff: Staff, server: Server, alice: User, alices_key: str
) -> None:
    client, alices = staff("support"), Client()
    alices.force_login(alice)
    alices.get("/dashboard/")
    client.post(page(alice, "suspend"), REASON)
    assert alices.get("/dashboard/").status_code == 302
    assert refusal(server, alices_key) == (403, "account_suspended")
    client.post(page(alice, "restore"), REASON)
    alice.refresh_from_db()
    assert alice.suspended_at is None
    assert [message.split(":")[0] for _, message in history(alice)] == ["Restore", "Suspend"]


@pytest.mark.django_db(transaction=True)
def test_a_revoked_key_is_refused(staff: Staff, server: Server, alice: User) -> None:
    key, secret = api_keys.create(alice, name="Leaked")
    staff("support").post(page(key, "revoke"), REASON)
    assert refusal(server, secret) == (401, "revoked_key")


def test_an_image_is_refunded_once_and_the_audit_stays_clean(staff: Staff, alice: User) -> None:
    image, client = finished_image(alice), staff("support")
    before = balance(alice)
    client.post(page(image, "refund"), REASON)
    assert "are back already" in words(client.post(page(image, "refund"), REASON))
    assert balance(alice) == before + image.credit_cost
    assert not list(audit.breaches())


def test_an_image_under_way_is_not_refunded_but_ended(staff: Staff, alice: User) -> None:
    image, client = queued(alice), staff("support")
    assert "end it instead" in words(client.post(page(image, "refund"), REASON))
    client.post(page(image, "end"), REASON)
    image.refresh_from_db()
    assert (image.status, balance(alice)) == ("failed", 100)
    assert "nothing left to end" in words(client.post(page(image, "end"), REASON))


def test_a_failed_image_is_asked_for_again_for_its_owners_credits(staff: Staff, alice: User) -> None:
    image = failed(alice)
    staff("support").post(page(image, "retry"), REASON)
    again = Image.objects.exclude(pk=image.pk).get()
    assert (again.prompt, again.status, balance(alice)) == ("a quiet lake", "queued", 95)


def test_a_retry_that_its_owner_cannot_pay_is_refused(staff: Staff, alice: User) -> None:
    image, client = failed(alice), staff("support")
    client.post(page(alice, "adjust"), {"amount": -98, **REASON})
    assert "the balance is 2" in words(client.post(page(image, "retry"), REASON))
    assert Image.objects.count() == 1


def test_a_succeeded_image_is_not_made_again(staff: Staff, alice: User) -> None:
    assert "Only an image that failed" in words(staff("support").post(page(finished_image(alice), "retry"), REASON))


def test_a_model_is_switched_off_and_on(staff: Staff) -> None:
    model, client = CatalogueModel.objects.get(pk="openai:gpt-image-2"), staff("support")
    path = "/admin/images/cataloguemodel/openai_3Agpt-image-2/switch/"
    client.post(path, REASON)
    assert not CatalogueModel.objects.get(pk=model.pk).enabled
    client.post(path, REASON)
    assert CatalogueModel.objects.get(pk=model.pk).enabled


def test_a_change_of_price_is_recorded_with_both_values(staff: Staff) -> None:
    client, model = staff("superuser"), CatalogueModel.objects.get(pk="openai:gpt-image-2")
    path = "/admin/images/cataloguemodel/openai_3Agpt-image-2/change/"
    form = client.get(path).context["adminform"].form
    sent = {name: value for name, value in form.initial.items() if value is not None}
    sent |= {"credits": 6, "aspect_ratios": "1:1,3:2", "options": "{}"}
    assert client.post(path, sent).status_code == 302
    assert "credits: 5 → 6" in history(model)[0][1]


def test_an_audit_is_run_by_a_worker_and_a_breach_stays_until_it_is_acknowledged(staff: Staff, alice: User) -> None:
    client = staff("support")
    assert client.post("/admin/images/auditrun/run/", REASON).status_code == 302
    AuditRun.objects.create(
        started_at=alice.date_joined, finished_at=alice.date_joined, breach_count=1, breaches=["entry 1: wrong"]
    )
    audit.run()
    assert "1 breach" in words(client.get("/admin/"))
    bad = AuditRun.objects.get(breach_count=1)
    client.post(page(bad, "acknowledge"), REASON)
    assert "Balanced" in words(client.get("/admin/"))


@pytest.mark.parametrize("action", ["grant", "adjust", "suspend", "restore"])
def test_an_auditor_does_nothing_to_users(staff: Staff, alice: User, action: str) -> None:
    client = staff("auditor")
    assert client.get(page(alice, action)).status_code == 403
    assert client.post(page(alice, action), {"amount": 5, **REASON}).status_code == 403
    assert (balance(alice), history(alice)) == (100, [])


@pytest.mark.parametrize("action", ["refund", "retry", "end"])
def test_an_auditor_does_nothing_to_images(staff: Staff, alice: User, action: str) -> None:
    assert staff("auditor").post(page(queued(alice), action), REASON).status_code == 403


def test_an_auditor_neither_revokes_nor_switches_nor_audits(staff: Staff, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    client = staff("auditor")
    paths = [page(key, "revoke"), "/admin/images/auditrun/run/"]
    paths.append("/admin/images/cataloguemodel/openai_3Agpt-image-2/switch/")
    assert [client.post(path, REASON).status_code for path in paths] == [403, 403, 403]


@pytest.mark.parametrize("role", ["auditor", "support", "superuser"])
def test_nobody_writes_a_row_of_the_ledger(staff: Staff, alice: User, role: str) -> None:
    client, entry = staff(role), LedgerEntry.objects.filter(account__user=alice).get()
    base = "/admin/billing/ledgerentry"
    assert client.get(f"{base}/").status_code == 200
    assert client.get(f"{base}/add/").status_code == 403
    assert client.post(f"{base}/{entry.pk}/change/", {"amount": 1}).status_code == 403
    assert client.post(f"{base}/{entry.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("role", ["auditor", "support"])
def test_prices_and_people_are_changed_by_administrators_alone(staff: Staff, alice: User, role: str) -> None:
    client = staff(role)
    paths = [f"/admin/accounts/user/{alice.pk}/change/", "/admin/images/cataloguemodel/openai_3Agpt-image-2/change/"]
    assert [client.get(path).status_code for path in paths] == [200, 200]
    assert [client.post(path, {"is_superuser": "on"}).status_code for path in paths] == [403, 403]


@pytest.mark.parametrize("role", ["auditor", "support", "superuser"])
def test_no_secret_is_shown_anywhere(staff: Staff, alice: User, alices_key: str, role: str) -> None:
    client, key = staff(role), ApiKey.objects.get()
    digest = bytes(key.digest).hex()
    alice.set_password("a quiet lake at dawn")
    alice.save()
    for path in (page(key, "change"), "/admin/accounts/apikey/", page(alice, "change")):
        shown = client.get(path).content.decode()
        assert not [each for each in (alices_key, digest, alice.password) if each in shown]
