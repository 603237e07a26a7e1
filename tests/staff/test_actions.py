"""Staff actions by role: each needs a permission and a reason, and adds a history entry."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts import api_keys
from accounts.models import ApiKey, OAuthClient, OAuthToken, User
from accounts.oauth.errors import OAuthError
from billing import ledger
from billing.models import CreditAccount, LedgerEntry, Pack
from images import audit, generation
from images.failures import ProviderFailed
from images.models import AuditRun, CatalogueModel, Image
from images.schemas import GenerationArguments
from images.shares import shares
from images.worker import attempts
from tests.accounts.oauth.steps import connect, create_client, refresh
from tests.factories import balance, caller_of, create_user, finished_image, paid_purchase
from tests.mcp_gateway.agent import Agent, code_of, tool_call
from tests.rendered import words
from tests.web_server import Server

pytestmark = pytest.mark.django_db
Staff = Callable[[str], Client]

REASON = {"reason": "ticket 4711"}


def confirm(client: Client, path: str, values: Any = REASON) -> Any:
    """Submit an action's form, and confirm the effect if it is shown. Return the last response."""
    response = client.post(path, values)
    effect = response.context and response.context.get("effect")
    if not effect:
        return response
    return client.post(path, {**values, "reviewed": effect.fingerprint, "confirmed": "on"})


def model_form(client: Client, path: str) -> dict[str, Any]:
    """Return the values of the form of a model and its prices, as a browser sends them unchanged."""
    context = client.get(path).context
    prices = context["inline_admin_formsets"][0].formset
    fields = [*context["adminform"].form, *prices.management_form, *(field for form in prices for field in form)]
    entered = ((field.html_name, field.value()) for field in fields)
    # Zero, which is equal to False, is a value.
    values = {name: value for name, value in entered if value is not None and value is not False}
    lists = {name: ",".join(value) for name, value in values.items() if isinstance(value, list)}
    return {**values, **lists}


def lake_image(user: User) -> Image:
    arguments = GenerationArguments.model_validate({"prompt": "a quiet lake", "modelId": "openai:gpt-image-2"})
    return generation.request(caller_of(user), arguments).image


def failed_image(user: User) -> Image:
    image = lake_image(user)
    attempts.end(image.pk, ProviderFailed("The provider answered with an error three times."))
    return image


def api_error(server: Server, secret: str) -> tuple[int, str]:
    """Return the status and error code of a request with this key."""
    response = httpx2.get(f"{server.url}/api/v1/images", headers={"Authorization": f"Bearer {secret}"})
    return response.status_code, response.json()["code"]


def action_path(subject: Any, action: str) -> str:
    meta = subject._meta
    return f"/admin/{meta.app_label}/{meta.model_name}/{subject.pk}/{action}/"


def offers_refund(client: Client, image: Image) -> bool:
    page = client.get(action_path(image, "change")).content.decode()
    return f'href="{action_path(image, "refund")}"' in page


def history(subject: Any) -> list[tuple[str, str]]:
    """Return the author and the message of each history entry of an object, newest first."""
    return list(LogEntry.objects.filter(object_id=str(subject.pk)).values_list("user__email", "change_message"))


def test_a_grants_reason_is_in_the_ledger_and_the_history(staff: Staff, alice: User) -> None:
    client = staff("support")
    assert confirm(client, action_path(alice, "grant"), {"amount": 50, **REASON}).status_code == 302
    entry = LedgerEntry.objects.latest("created_at")
    assert (entry.type, entry.amount, entry.description, balance(alice)) == ("grant", 50, "ticket 4711", 150)
    assert history(alice) == [("support@example.com", "Grant credits: +50 credits, balance 150. Reason: ticket 4711")]


def test_an_action_without_a_reason_changes_nothing(staff: Staff, alice: User) -> None:
    client = staff("superuser")
    assert "This field is required." in words(confirm(client, action_path(alice, "grant"), {"amount": 50}))
    assert (balance(alice), history(alice)) == (100, [])


def test_only_a_superuser_may_grant_more_than_the_support_limit(staff: Staff, alice: User, settings: Any) -> None:
    settings.SUPPORT_GRANT_MAX = 20
    response = confirm(staff("support"), action_path(alice, "grant"), {"amount": 21, **REASON})
    assert "You can add or remove at most 20 credits at once." in words(response)
    assert (balance(alice), history(alice)) == (100, [])
    confirm(staff("superuser"), action_path(alice, "grant"), {"amount": 21, **REASON})
    assert balance(alice) == 121


def test_an_adjustment_cannot_remove_more_than_the_balance(staff: Staff, alice: User) -> None:
    client = staff("support")
    confirm(client, action_path(alice, "adjust"), {"amount": -30, **REASON})
    assert balance(alice) == 70
    response = confirm(client, action_path(alice, "adjust"), {"amount": -71, **REASON})
    assert "The balance is 70 credits, so 71 credits can't be removed." in words(response)
    assert balance(alice) == 70


@pytest.mark.django_db(transaction=True)
def test_suspending_a_user_blocks_their_keys_and_sessions(
    staff: Staff, server: Server, alice: User, alices_key: str
) -> None:
    client, alices_client = staff("support"), Client()
    alices_client.force_login(alice)
    alices_client.get("/dashboard/")
    confirm(client, action_path(alice, "suspend"), REASON)
    assert alices_client.get("/dashboard/").status_code == 302
    assert api_error(server, alices_key) == (403, "account_suspended")
    confirm(client, action_path(alice, "restore"), REASON)
    alice.refresh_from_db()
    assert alice.suspended_at is None
    assert [message.split(":")[0] for _, message in history(alice)] == ["Restore", "Suspend"]


@pytest.mark.django_db(transaction=True)
def test_a_revoked_key_is_refused(staff: Staff, server: Server, alice: User) -> None:
    key, secret = api_keys.create(alice, name="Leaked")
    confirm(staff("support"), action_path(key, "revoke"), REASON)
    assert api_error(server, secret) == (401, "revoked_key")


@pytest.mark.django_db(transaction=True)
def test_suspending_a_user_blocks_their_connected_apps_until_they_are_restored(
    staff: Staff, server: Server, alice: User
) -> None:
    app, client = create_client(), staff("support")
    tokens = connect(alice, app)
    agent = Agent(server.url, tokens.access_token)
    confirm(client, action_path(alice, "suspend"), REASON)
    assert code_of(agent.generate()) == "account_suspended"
    with pytest.raises(OAuthError, match="invalid or expired"):
        refresh(app, tokens)
    confirm(client, action_path(alice, "restore"), REASON)
    assert agent.call("getimages_get_account")["structuredContent"]["email"] == alice.email
    assert refresh(app, tokens)


@pytest.mark.django_db(transaction=True)
def test_an_app_that_staff_disconnect_is_refused(staff: Staff, server: Server, alice: User) -> None:
    app, client = create_client("Studio app"), staff("support")
    tokens = connect(alice, app)
    connection = ApiKey.objects.get(client=app)
    review = words(client.post(action_path(connection, "revoke"), REASON))
    assert "Connected app Studio app alice@example.com" in review
    assert "…" not in review
    confirm(client, action_path(connection, "revoke"), REASON)
    assert Agent(server.url, tokens.access_token).send(tool_call("getimages_get_account", {})).status_code == 401
    with pytest.raises(OAuthError, match="invalid or expired"):
        refresh(app, tokens)
    assert history(connection) == [("support@example.com", "Revoke key: Revoked. Reason: ticket 4711")]


def test_an_image_is_refunded_once_and_the_audit_finds_no_breach(staff: Staff, alice: User) -> None:
    image, client = finished_image(alice), staff("support")
    before = balance(alice)
    confirm(client, action_path(image, "refund"), REASON)
    assert "was already refunded" in words(confirm(client, action_path(image, "refund"), REASON))
    assert balance(alice) == before + image.credit_cost
    assert not list(audit.breaches())


def test_the_public_page_of_a_picture_is_revoked_and_its_owner_keeps_the_picture(staff: Staff, alice: User) -> None:
    image = finished_image(alice)
    share, _ = shares.share(caller_of(alice), image.pk, shows_prompt=True)
    assert Client().get(shares.url(share)).status_code == 200
    client = staff("support")
    confirm(client, action_path(image, "unshare"), REASON)
    assert Client().get(shares.url(share)).status_code == 404
    assert history(image) == [("support@example.com", "Revoke link: The link was revoked. Reason: ticket 4711")]
    image.refresh_from_db()
    assert image.picture_name
    confirm(client, action_path(image, "unshare"), REASON)
    assert history(image)[0][1] == "Revoke link: There was no link. Reason: ticket 4711"


def test_a_page_offers_a_refund_only_until_the_image_is_refunded(staff: Staff, alice: User) -> None:
    client = staff("support")
    finished, failed, unfinished = finished_image(alice), failed_image(alice), lake_image(alice)
    assert [offers_refund(client, image) for image in (finished, failed, unfinished)] == [True, False, False]
    confirm(client, action_path(finished, "refund"))
    assert not offers_refund(client, finished)


def test_an_unfinished_image_is_not_refunded_but_can_be_ended(staff: Staff, alice: User) -> None:
    image, client = lake_image(alice), staff("support")
    assert "End this image instead" in words(confirm(client, action_path(image, "refund"), REASON))
    confirm(client, action_path(image, "end"), REASON)
    image.refresh_from_db()
    assert (image.status, balance(alice)) == ("failed", 100)
    assert "Only unfinished images can be ended" in words(confirm(client, action_path(image, "end"), REASON))


def test_retrying_a_failed_image_charges_its_owner(staff: Staff, alice: User) -> None:
    image = failed_image(alice)
    confirm(staff("support"), action_path(image, "retry"), REASON)
    new_image = Image.objects.exclude(pk=image.pk).get()
    assert (new_image.prompt, new_image.status, balance(alice)) == ("a quiet lake", "queued", 95)


def test_a_retry_fails_if_the_owner_has_too_few_credits(staff: Staff, alice: User) -> None:
    image, client = failed_image(alice), staff("support")
    confirm(client, action_path(alice, "adjust"), {"amount": -98, **REASON})
    assert "the balance is 2" in words(confirm(client, action_path(image, "retry"), REASON))
    assert Image.objects.count() == 1


def test_a_succeeded_image_cannot_be_retried(staff: Staff, alice: User) -> None:
    assert "Only failed or rejected images" in words(
        confirm(staff("support"), action_path(finished_image(alice), "retry"), REASON)
    )


def shared_image(user: User) -> Image:
    image = finished_image(user)
    shares.share(caller_of(user), image.pk, shows_prompt=True)
    return image


@pytest.mark.parametrize(
    ("create", "offered"),
    [
        (finished_image, []),
        (shared_image, ["unshare"]),
        (lake_image, ["end"]),
        (failed_image, ["retry"]),
    ],
)
def test_only_the_actions_that_change_an_image_are_offered(
    staff: Staff, alice: User, create: Callable[[User], Image], offered: list[str]
) -> None:
    image = create(alice)
    page = staff("support").get(f"/admin/images/image/{image.pk}/change/").content.decode()
    assert [name for name in ("retry", "end", "unshare") if action_path(image, name) in page] == offered


def test_a_model_is_disabled_and_enabled(staff: Staff) -> None:
    model, client = CatalogueModel.objects.get(pk="openai:gpt-image-2"), staff("support")
    path = "/admin/images/cataloguemodel/openai_3Agpt-image-2/switch/"
    confirm(client, path, REASON)
    assert not CatalogueModel.objects.get(pk=model.pk).enabled
    confirm(client, path, REASON)
    assert CatalogueModel.objects.get(pk=model.pk).enabled


def test_a_price_change_is_recorded_with_both_values(staff: Staff) -> None:
    client, model = staff("superuser"), CatalogueModel.objects.get(pk="openai:gpt-image-2")
    path = "/admin/images/cataloguemodel/openai_3Agpt-image-2/change/"
    values = model_form(client, path)
    row = next(name for name in values if name.endswith("-quality") and values[name] == "medium").removesuffix(
        "quality"
    )
    resolution = values[f"{row}resolution"]
    values |= {f"{row}credits": 77, f"{row}upstream_cost_cents": "9.5", "name": "GPT Image Two"}
    assert "This field is required." in words(client.post(path, values))
    assert not history(model)
    assert client.post(path, {**values, **REASON}).status_code == 302
    message = history(model)[0][1]
    assert message.endswith(". Reason: ticket 4711")
    assert "Reason:" not in message.removesuffix(". Reason: ticket 4711")
    assert "GPT Image Two" in message
    price = model.prices.get(quality="medium", resolution=resolution)
    assert (price.credits, str(price.upstream_cost_cents)) == (77, "9.500")
    assert f"Price of {price}: Price in credits: " in message
    assert " → 77; " in message
    assert f"Price of {price}: Cost in US cents: " in message


def test_a_breach_is_shown_until_it_is_acknowledged(staff: Staff, alice: User) -> None:
    client = staff("support")
    assert client.post("/admin/images/auditrun/run/", REASON).status_code == 302
    AuditRun.objects.create(
        started_at=alice.date_joined, finished_at=alice.date_joined, breach_count=1, breaches=["entry 1: wrong"]
    )
    audit.run()
    assert "1 breach" in words(client.get("/admin/"))
    breached = AuditRun.objects.get(breach_count=1)
    confirm(client, action_path(breached, "acknowledge"), REASON)
    assert "Balanced" in words(client.get("/admin/"))


@pytest.mark.parametrize("action", ["grant", "adjust", "suspend", "restore"])
def test_an_auditor_cannot_change_users(staff: Staff, alice: User, action: str) -> None:
    client = staff("auditor")
    assert client.get(action_path(alice, action)).status_code == 403
    assert confirm(client, action_path(alice, action), {"amount": 5, **REASON}).status_code == 403
    assert (balance(alice), history(alice)) == (100, [])


@pytest.mark.parametrize("action", ["refund", "retry", "end", "unshare"])
def test_an_auditor_cannot_change_images(staff: Staff, alice: User, action: str) -> None:
    assert confirm(staff("auditor"), action_path(lake_image(alice), action), REASON).status_code == 403


def test_an_auditor_cannot_revoke_keys_switch_models_or_run_audits(staff: Staff, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    client = staff("auditor")
    paths = [action_path(key, "revoke"), "/admin/images/auditrun/run/"]
    paths.append("/admin/images/cataloguemodel/openai_3Agpt-image-2/switch/")
    assert [confirm(client, path, REASON).status_code for path in paths] == [403, 403, 403]


@pytest.mark.parametrize("role", ["auditor", "support", "superuser"])
def test_no_role_can_change_ledger_entries(staff: Staff, alice: User, role: str) -> None:
    client, entry = staff(role), LedgerEntry.objects.filter(account__user=alice).get()
    base = "/admin/billing/ledgerentry"
    assert client.get(f"{base}/").status_code == 200
    assert client.get(f"{base}/add/").status_code == 403
    assert client.post(f"{base}/{entry.pk}/change/", {"amount": 1}).status_code == 403
    assert client.post(f"{base}/{entry.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("role", ["auditor", "support"])
def test_only_superusers_change_prices_and_users(staff: Staff, alice: User, role: str) -> None:
    client = staff(role)
    paths = [f"/admin/accounts/user/{alice.pk}/change/", "/admin/images/cataloguemodel/openai_3Agpt-image-2/change/"]
    assert [client.get(path).status_code for path in paths] == [200, 200]
    assert [client.post(path, {"is_superuser": "on"}).status_code for path in paths] == [403, 403]


@pytest.mark.parametrize("role", ["auditor", "support", "superuser"])
def test_no_page_contains_a_secret(staff: Staff, alice: User, alices_key: str, role: str) -> None:
    client, key = staff(role), ApiKey.objects.get()
    digest = bytes(key.digest or b"").hex()
    alice.set_password("a quiet lake at dawn")
    alice.save()
    for path in (action_path(key, "change"), "/admin/accounts/apikey/", action_path(alice, "change")):
        html = client.get(path).content.decode()
        assert not [secret for secret in (alices_key, digest, alice.password) if secret in html]


@pytest.mark.parametrize("role", ["auditor", "support", "superuser"])
def test_no_page_about_an_app_contains_a_digest(staff: Staff, alice: User, role: str) -> None:
    client, secret = staff(role), api_keys.digest("the secret of an app")
    app = create_client("Studio app")
    OAuthClient.objects.filter(pk=app.pk).update(auth_method="client_secret_post", secret_digest=secret)
    tokens = connect(alice, app)
    digests = [bytes(token.digest).hex() for token in OAuthToken.objects.all()] + [secret.hex()]
    connection = ApiKey.objects.get(client=app)
    pages = ["/admin/accounts/apikey/", "/admin/accounts/oauthclient/"]
    pages += [action_path(subject, "change") for subject in (connection, app, alice)]
    for path in pages:
        response = client.get(path)
        text = words(response)
        assert ("Studio app" in text, "digest" in text.lower()) == (True, False), path
        html = response.content.decode()
        assert not [text for text in (*digests, tokens.access_token, tokens.refresh_token) if text in html], path


def test_a_grant_is_shown_before_it_is_confirmed(staff: Staff, alice: User) -> None:
    client, path = staff("support"), action_path(alice, "grant")
    assert "alice@example.com" in words(client.get(path))
    response = client.post(path, {"amount": 50, **REASON})
    text = words(response)
    for part in (
        "alice@example.com",
        "Balance now 100",
        "Balance after 150 +50",
        "Grant 50 credits to alice@example.com",
    ):
        assert part in text, part
    reviewed = {"amount": 50, **REASON, "reviewed": response.context["effect"].fingerprint}
    assert "Select the checkbox to confirm." in words(client.post(path, reviewed))
    assert (balance(alice), history(alice)) == (100, [])
    assert client.post(path, {**reviewed, "confirmed": "on"}).status_code == 302
    assert balance(alice) == 150


def test_a_form_sent_twice_or_changed_after_the_review_is_shown_again(staff: Staff, alice: User) -> None:
    client, path = staff("support"), action_path(alice, "grant")
    reviewed = client.post(path, {"amount": 50, **REASON}).context["effect"].fingerprint
    values = {"amount": 50, **REASON, "reviewed": reviewed, "confirmed": "on"}
    assert "Check the new values" in words(client.post(path, {**values, "amount": 500}))
    assert client.post(path, values).status_code == 302
    assert "Check the new values" in words(client.post(path, values))
    assert balance(alice) == 150


def test_a_review_changes_nothing_and_shows_what_repays_a_debt(staff: Staff, alice: User) -> None:
    purchase = paid_purchase(alice, credits=500, credits_clawed_back=500)
    ledger.claw_back(purchase.account_id, credits=130, purchase_id=purchase.pk)
    response = staff("support").post(action_path(alice, "grant"), {"amount": 50, **REASON})
    text = words(response)
    assert "Balance now 0" in text
    assert "Balance after 20 +20" in text
    assert "30 credits of this repay credits owed." in text
    assert CreditAccount.objects.get(user=alice).owed == 30


@pytest.mark.parametrize(
    ("action", "parts"),
    [
        (
            "adjust",
            ("Balance now 100", "Balance after 70 \N{MINUS SIGN}30", "Remove 30 credits from alice@example.com"),
        ),
        ("suspend", ("Status now Active", "Status after Suspended", "Suspend alice@example.com")),
    ],
)
def test_an_adjustment_and_a_suspension_are_shown_before_they_are_confirmed(
    staff: Staff, alice: User, action: str, parts: tuple[str, ...]
) -> None:
    text = words(staff("support").post(action_path(alice, action), {"amount": -30, **REASON}))
    assert [part for part in parts if part not in text] == []
    alice.refresh_from_db()
    assert (balance(alice), alice.suspended_at) == (100, None)


@pytest.mark.parametrize("action", ["refund", "retry", "end", "unshare", "revoke", "switch"])
def test_every_other_action_that_changes_a_users_service_is_shown_first(staff: Staff, alice: User, action: str) -> None:
    subjects: dict[str, Callable[[], Any]] = {
        "refund": lambda: finished_image(alice),
        "retry": lambda: failed_image(alice),
        "end": lambda: lake_image(alice),
        "unshare": lambda: finished_image(alice),
        "revoke": lambda: api_keys.create(alice, name="Laptop")[0],
        "switch": lambda: CatalogueModel.objects.get(pk="openai:gpt-image-2"),
    }
    subject = subjects[action]()
    path = action_path(subject, action).replace("openai:", "openai_3A")
    response = staff("support").post(path, REASON)
    text = words(response)
    assert "now" in text
    assert response.context["effect"].question in text
    assert ("alice@example.com" in text) is (action != "switch")
    assert history(subject) == []


@pytest.mark.parametrize("action", ["grant", "suspend"])
def test_an_email_address_is_refused_in_a_reason(staff: Staff, alice: User, action: str) -> None:
    values = {"amount": 5, "reason": "asked by alice@example.com"}
    assert "Remove the email address" in words(confirm(staff("support"), action_path(alice, action), values))
    assert (balance(alice), history(alice)) == (100, [])


def test_the_form_of_a_grant_shows_credits_owed(staff: Staff) -> None:
    user = create_user("dave@example.com")
    CreditAccount.objects.filter(user=user).update(owed=76)
    assert "Balance now 0, 76 credits owed" in words(staff("support").get(action_path(user, "grant")))


def test_a_change_of_permissions_or_of_a_pack_requires_a_reason(staff: Staff, alice: User) -> None:
    client, pack = staff("superuser"), Pack.objects.get(credits=100)
    changes: list[tuple[Any, dict[str, Any]]] = [
        (alice, {"is_staff": "on"}),
        (pack, {"credits": 100, "price_cents": 600, "enabled": "on"}),
    ]
    for row, values in changes:
        path = action_path(row, "change")
        assert client.post(path, values).status_code == 200
        assert client.post(path, {**values, "reason": "for bob@example.com"}).status_code == 200
        assert not history(row)
        assert client.post(path, {**values, **REASON}).status_code == 302
        assert history(row)[0][1].endswith(". Reason: ticket 4711")
    pack.refresh_from_db()
    assert pack.price_cents == 600


def test_a_page_that_cannot_be_changed_asks_for_no_reason(staff: Staff) -> None:
    client = staff("auditor")
    page = client.get("/admin/images/cataloguemodel/openai_3Agpt-image-2/change/")
    assert page.status_code == 200
    assert "Recorded in the history with your name" not in words(page)


@pytest.mark.parametrize("action", ["grant", "suspend"])
def test_an_action_links_back_to_its_user(staff: Staff, alice: User, action: str) -> None:
    page = staff("superuser").get(action_path(alice, action)).content.decode()
    header = page.partition('class="staff-confirm"')[0]
    assert f'href="{action_path(alice, "change")}"' in header
    assert 'href="/admin/accounts/user/"' in header
