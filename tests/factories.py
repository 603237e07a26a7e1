"""Factories for test objects: users, callers, images and purchases in various states."""

import functools
import io
import uuid
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from accounts.authentication import ApiKeyInfo, Caller
from accounts.models import ApiKey, User
from billing import ledger
from billing.models import CreditAccount, Purchase
from images import generation
from images.models import Image, ModelPrice, Upload, WebhookEndpoint
from images.pictures import raster
from images.schemas import EditArguments, GenerationArguments
from images.storage import files
from images.webhooks import secrets
from images.webhooks.endpoints import EndpointSecret
from images.webhooks.schemas import ALL_EVENTS
from images.worker import attempts


def create_user(email: str, *, credits: int = 0) -> User:
    """Create a user with this balance."""
    user = User.objects.create_user(email)
    if credits:
        ledger.grant(user.id, amount=credits, reason="to begin with")
    return user


def caller_of(user: User, key: ApiKey | None = None, *, client: str = "") -> Caller:
    """Return the caller that authentication would return for this user, key and User-Agent."""
    return Caller(user.id, user.email, key=key_info(key) if key else None, client=client)


def key_info(key: ApiKey) -> ApiKeyInfo:
    """Return the details of a key that a caller carries."""
    allowed = None if key.allowed_models is None else frozenset(key.allowed_models)
    return ApiKeyInfo(key.id, key.name, key.last_four, key.monthly_credit_cap, key.confirm_above, allowed)


MODEL = "openai:gpt-image-2"


def set_price(model_id: str, credits: int) -> None:
    """Set the price of every combination of a model's options."""
    assert ModelPrice.objects.filter(model_id=model_id).update(credits=credits)


def session_of(user: User) -> str:
    """Create a session for the user and return its cookie."""
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client.cookies["sessionid"].value


def queued_image(user: User, prompt: str = "A quiet lake, at dawn!") -> Image:
    """Request an image that no worker has claimed."""
    arguments = GenerationArguments.model_validate({"prompt": prompt, "modelId": MODEL})
    return generation.request(caller_of(user), arguments).image


def finished_image(user: User, prompt: str = "A quiet lake, at dawn!") -> Image:
    """Request an image and complete it without a worker."""
    return complete(queued_image(user, prompt))


def edited_image(user: User, *sources: Image | Upload, prompt: str = "A quiet lake, at night!") -> Image:
    """Request an edit of these pictures and complete it without a worker."""
    ids = [str(source.pk) for source in sources]
    arguments = EditArguments.model_validate({"prompt": prompt, "modelId": MODEL, "sources": ids})
    return complete(generation.request(caller_of(user), arguments).image)


def complete(image: Image, attempt: attempts.Attempt | None = None) -> Image:
    """Complete a queued image, or one with this attempt, without a worker."""
    attempt = attempt or attempts.claim(image.id)
    assert attempt is not None
    picture = _picture()
    name = files.picture_name(image.id, 1, picture.media_type)
    files.write(name, picture.content)
    assert attempts.succeed(attempt, picture, picture_name=name)
    image.refresh_from_db()
    return image


@functools.cache
def _picture() -> raster.Picture:
    return raster.prepare(encoded_picture(900, 900), "1:1")


def create_webhook(user: User, url: str = "http://127.0.0.1:9/hooks", **fields: Any) -> EndpointSecret:
    """Create an endpoint that receives all events; keyword arguments override its fields."""
    secret = secrets.create()
    values = {"event_types": list(ALL_EVENTS), "secret": secrets.encrypt(secret), **fields}
    return EndpointSecret(WebhookEndpoint.objects.create(user=user, url=url, **values), secret)


def expired_purchase(user: User, **fields: Any) -> Purchase:
    """Create a purchase with an expired checkout; keyword arguments override its fields."""
    account = CreditAccount.objects.get(user=user)
    defaults = {"gateway": "stripe", "credits": 100, "price_cents": 500, "status": Purchase.Status.EXPIRED}
    session_id = f"cs_{uuid.uuid4().hex}"
    return Purchase.objects.create(account=account, session_id=session_id, **{**defaults, **fields})


def paid_purchase(user: User, **fields: Any) -> Purchase:
    """Create a paid and credited purchase; keyword arguments override its fields."""
    defaults = {"credits": 500, "price_cents": 2000, "paid_with": "Visa ending 4242"}
    purchase = expired_purchase(user, status=Purchase.Status.PAID, paid_at=timezone.now(), **{**defaults, **fields})
    ledger.purchase(purchase.account_id, credits=purchase.credits, purchase_id=purchase.pk)
    if purchase.credits_clawed_back:
        purchase.credits_removed = ledger.claw_back(
            purchase.account_id, credits=purchase.credits_clawed_back, purchase_id=purchase.pk
        )
        purchase.save()
    return purchase


def balance(user: User) -> int:
    """Return the user's balance in credits."""
    return CreditAccount.objects.values_list("balance", flat=True).get(user=user)


@functools.cache
def encoded_picture(width: int, height: int, file_format: str = "PNG", mode: str = "RGB") -> bytes:
    """Return a gradient of this size as an image file."""
    out = io.BytesIO()
    Pillow.linear_gradient("L").resize((width, height)).convert(mode).save(out, file_format)
    return out.getvalue()
