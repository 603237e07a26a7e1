"""Effects of staff actions on a balance or a status, for the second step of an action."""

from collections.abc import Callable

from django.db import transaction

from accounts.models import User
from billing import ledger
from billing.models import CreditAccount, LedgerEntry
from billing.money import credits_text
from billing.templatetags.credit_format import signed
from images.models import Image
from staff.actions import Action, Effect, FormValues, Subject

BALANCE = "Balance"
STATUS = "Status"


def user_subject(user: User) -> Subject:
    """Return the user's address, with facts that help to recognize a wrong account."""
    live = [key for key in user.api_keys.all() if key.is_live]
    apps = sum(key.is_connection for key in live)
    keys = len(live) - apps
    joined = f"Joined {user.date_joined:%-d %b %Y}, {keys:,} active API {'key' if keys == 1 else 'keys'}"
    if apps:
        joined += f", {apps:,} connected {'app' if apps == 1 else 'apps'}"
    return Subject("Account", user.email, joined)


def image_subject(image: Image) -> Subject:
    """Return the owner of an image, the user to charge or refund."""
    owner = image.user.email if image.user else "Deleted account"
    return Subject("Account", owner, f"Image {image.pk}, {image.model_id}")


def current_balance(account: CreditAccount | None) -> tuple[str, str] | None:
    """Return the label and the present value of a balance with the credits owed; None without an account."""
    if account is None:
        return None
    owed = f", {credits_text(account.owed)} owed" if account.owed else ""
    return (BALANCE, f"{account.balance:,}{owed}")


def account_of_image(image: Image) -> CreditAccount | None:
    """Return the account that was charged for an image; it is kept when its user is deleted."""
    charges = LedgerEntry.objects.filter(reference_id=image.pk, type=LedgerEntry.Type.GENERATION)
    return CreditAccount.objects.filter(pk__in=charges.values("account_id")).first()


def balance_effect(account: CreditAccount, change: Callable[[], object], *, question: str, button: str) -> Effect:
    """Return the effect of a change on a balance: make the change, read the account and roll back.

    The account stays locked until the caller's transaction ends, so that the change, made later in that transaction,
    has the effect that is shown.

    Raises:
        ServiceError, ValueError: The error of the change.
    """
    before = ledger.lock_account(account.pk)
    with transaction.atomic():
        change()
        after = CreditAccount.objects.get(pk=account.pk)
        transaction.set_rollback(True)
    repaid = before.owed - after.owed
    return Effect(
        BALANCE,
        before=f"{before.balance:,}",
        after=f"{after.balance:,}",
        question=question,
        button=button,
        difference=signed(after.balance - before.balance),
        note=f"{credits_text(repaid)} of this repay credits owed." if repaid > 0 else "",
    )


def status_action(
    title: str,
    change: Callable[[FormValues], str],
    *,
    subject: Subject,
    before: str,
    after: str,
    question: str,
    consequences: str,
) -> Action:
    """Return an action that changes the status of an object; the arguments are those of Action and Effect."""
    effect = Effect(STATUS, before, after, question, button=title)
    return Action(title, change, lambda _: effect, subject, (STATUS, before), consequences=consequences)
