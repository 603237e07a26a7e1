"""Test objects: users, callers, images and purchases in the states that tests start from."""

import io
import uuid
from typing import Any

from django.utils import timezone
from PIL import Image as Pillow

from accounts.authentication import ApiKeyInfo, Caller
from accounts.models import ApiKey, User
from billing import ledger
from billing.models import CreditAccount, Purchase
from images import generation, raster
from images.models import Image
from images.schemas import GenerationArguments
from images.storage import files
from images.worker import attempts


def create_user(email: str, *, credits: int = 0) -> User:
    """Return a new user with this many credits."""
    user = User.objects.create_user(email)
    if credits:
        ledger.grant(user.id, amount=credits, reason="to begin with")
    return user


def caller_of(user: User, key: ApiKey | None = None) -> Caller:
    """Return what authentication would make of this user and key."""
    return Caller(user.id, user.email, key=key_info(key) if key else None)


def key_info(key: ApiKey) -> ApiKeyInfo:
    """Return what a request carries of its key."""
    allowed = None if key.allowed_models is None else frozenset(key.allowed_models)
    return ApiKeyInfo(key.id, key.name, key.last_four, key.monthly_credit_cap, allowed)


MODEL = "openai:gpt-image-2"


def queued_image(user: User, prompt: str = "A quiet lake, at dawn!") -> Image:
    """Return an image of the user's that nobody has begun to make."""
    arguments = GenerationArguments.model_validate({"prompt": prompt, "modelId": MODEL})
    return generation.request(caller_of(user), arguments).image


def finished_image(user: User, prompt: str = "A quiet lake, at dawn!") -> Image:
    """Return an image of the user's that was made without a worker."""
    image = queued_image(user, prompt)
    attempt = attempts.claim(image.id)
    assert attempt is not None
    picture = raster.prepare(encoded_picture(900, 900), "1:1")
    names = files.picture_name(image.id, 1, picture.media_type), files.thumbnail_name(image.id, 1)
    files.write(names[0], picture.content)
    files.write(names[1], picture.thumbnail)
    assert attempts.succeed(attempt, picture, picture_name=names[0], thumbnail_name=names[1])
    image.refresh_from_db()
    return image


def expired_purchase(user: User, **more: Any) -> Purchase:
    """Return a purchase that nobody paid, or one that differs from it as said."""
    account = CreditAccount.objects.get(user=user)
    facts = {"gateway": "stripe", "credits": 100, "price_cents": 500, "status": Purchase.Status.EXPIRED}
    session_id = f"cs_{uuid.uuid4().hex}"
    return Purchase.objects.create(account=account, session_id=session_id, **{**facts, **more})


def paid_purchase(user: User, **more: Any) -> Purchase:
    """Return a purchase that is paid and credited."""
    facts = {"credits": 500, "price_cents": 2000, "paid_with": "Visa ending 4242"}
    purchase = expired_purchase(user, status=Purchase.Status.PAID, paid_at=timezone.now(), **{**facts, **more})
    ledger.purchase(purchase.account_id, credits=purchase.credits, purchase_id=purchase.pk)
    if purchase.credits_taken_back:
        ledger.claw_back(purchase.account_id, credits=purchase.credits_taken_back, purchase_id=purchase.pk)
    return purchase


def balance(user: User) -> int:
    """Return the balance of the user in credits."""
    return CreditAccount.objects.values_list("balance", flat=True).get(user=user)


def encoded_picture(width: int, height: int, kind: str = "PNG", mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Pillow.linear_gradient("L").resize((width, height)).convert(mode).save(out, kind)
    return out.getvalue()
