"""Admin of users: search by email, key or image, and one page with the rows that belong to a user."""

import uuid
from collections.abc import Callable
from typing import Any, ClassVar, Final

from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts import suspension
from accounts.email_normalization import normalize_or_none
from accounts.models import ApiKey, User
from billing import manual_adjustments
from billing.ledger import LedgerReceipt
from billing.models import CreditAccount, LedgerEntry, Purchase
from billing.money import credit_noun, credits_text
from billing.templatetags.credit_format import signed
from images.models import Image
from staff import effects
from staff.actions import Action, CreditsForm, Effect, FormValues, SignedCreditsForm, confirm_and_log, staff_member
from staff.model_admins import AuditedAdmin

ROWS_SHOWN: Final = 10
LAST_FOUR_LENGTH: Final = 4
GRANT: Final = "Grant credits"


class StatusFilter(admin.SimpleListFilter):
    """Active or suspended users."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("active", "Active"), ("suspended", "Suspended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        if self.value() not in ("active", "suspended"):
            return queryset
        return queryset.filter(suspended_at__isnull=(self.value() == "active"))


@admin.register(User)
class UserAdmin(AuditedAdmin):
    """Users, newest first. Passwords cannot be seen or set here, and only owners delete accounts."""

    labels: ClassVar = {
        "id": "User ID",
        "email": "Email",
        "date_joined": "Joined",
        "last_login": "Last sign-in",
        "suspended_at": "Suspended on",
        "is_staff": "Staff access",
        "is_superuser": "Owner access",
        "groups": "Groups",
    }
    help_texts: ClassVar = {
        "is_staff": "Can open the staff site.",
        "is_superuser": "Has every permission on the staff site.",
        "groups": "The user has the permissions of every selected group.",
    }
    list_display = ("email", "state", "balance", "is_staff", "last_login", "date_joined")
    list_filter = ("is_staff", StatusFilter, "groups")
    list_select_related = ("credit_account",)
    search_fields = ("email",)
    search_help_text = "Email, last four characters of a key, or image ID"
    ordering = ("-date_joined", "-id")
    fieldsets = (
        ("Account details", {"fields": ("id", "email", "date_joined", "last_login", "suspended_at")}),
        ("Permissions", {"fields": ("is_staff", "is_superuser", "groups")}),
    )
    readonly_fields = ("id", "email", "date_joined", "last_login", "suspended_at")
    change_form_outer_before_template = "staff/user_panels.html"
    actions_detail = ("grant_credits", "adjust_credits", "suspend_user", "restore_user")

    @display(description="Status", label={"Active": "success", "Suspended": "danger"})
    def state(self, user: User) -> str:
        return "Suspended" if user.suspended_at else "Active"

    @display(description="Balance", ordering="credit_account__balance")
    def balance(self, user: User) -> str:
        return f"{user.credit_account.balance:,}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Show the groups, of which there are few, as checkboxes."""
        return super().formfield_for_manytomany(
            db_field, request, **{"widget": UnfoldAdminCheckboxSelectMultipleWidget(), **options}
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        term = search_term.strip()
        if image_id := _uuid(term):
            images = Image.objects.filter(pk=image_id).values("user_id")
            return queryset.filter(pk__in=images) | queryset.filter(pk=image_id), False
        users, may_have_duplicates = super().get_search_results(request, queryset, normalize_or_none(term) or term)
        if len(term) == LAST_FOUR_LENGTH:
            keys = ApiKey.objects.filter(last_four=term).values("user_id")
            users = users | queryset.filter(pk__in=keys)
        return users, may_have_duplicates

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        user_id = _uuid(object_id)
        context = {**(extra_context or {}), **(related_rows(user_id) if user_id else {})}
        return super().change_view(request, object_id, form_url, context)  # type: ignore[no-any-return]

    @action(description="Grant credits", url_path="grant", permissions=["billing.grant_credits"])
    def grant_credits(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._change_credits(request, object_id, GRANT, manual_adjustments.grant, CreditsForm)

    @action(description="Adjust credits", url_path="adjust", permissions=["billing.adjust_credits"])
    def adjust_credits(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._change_credits(request, object_id, "Adjust credits", manual_adjustments.adjust, SignedCreditsForm)

    def _change_credits(
        self,
        request: HttpRequest,
        object_id: str,
        title: str,
        change: Callable[..., LedgerReceipt],
        form_class: type[CreditsForm],
    ) -> HttpResponse:
        user, staff = self.require_object(request, object_id), staff_member(request)

        def change_balance(values: FormValues) -> LedgerReceipt:
            return change(staff, user.pk, amount=values["amount"], reason=values["reason"])

        def effect(values: FormValues) -> Effect:
            number = credits_text(abs(values["amount"]))
            if values["amount"] < 0:
                button, question = f"Remove {number}", f"Remove {number} from {user.email}"
            else:
                verb = "Grant" if title == GRANT else "Add"
                button, question = f"{verb} {number}", f"{verb} {number} to {user.email}"
            account = user.credit_account
            return effects.balance_effect(account, lambda: change_balance(values), question=question, button=button)

        def run(values: FormValues) -> str:
            receipt = change_balance(values)
            amount = values["amount"]
            return f"{signed(amount)} {credit_noun(amount)}, balance {receipt.balance_after:,}."

        consequences = "This adds a permanent ledger entry and a history entry with your name. "
        consequences += "Only another adjustment can reverse it."
        return confirm_and_log(
            self,
            request,
            user,
            Action(
                title,
                run,
                effect,
                effects.user_subject(user),
                effects.current_balance(user.credit_account),
                form_class,
                consequences,
            ),
        )

    @action(description="Suspend", url_path="suspend", permissions=["accounts.suspend_user"])
    def suspend_user(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = self.require_object(request, object_id)

        def suspend(_: FormValues) -> str:
            return "Suspended." if suspension.suspend(user) else "Already suspended."

        consequences = (
            "API keys and connected apps stop working and all sessions end immediately. "
            "Credits and images are kept, and images in progress are finished."
        )
        return self._change_status(request, user, "Suspend", suspend, "Suspended", consequences)

    @action(description="Restore", url_path="restore", permissions=["accounts.suspend_user"])
    def restore_user(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = self.require_object(request, object_id)

        def restore(_: FormValues) -> str:
            return "Restored." if suspension.restore(user) else "Not suspended."

        consequences = "The user can sign in, and their API keys and connected apps work again."
        return self._change_status(request, user, "Restore", restore, "Active", consequences)

    def _change_status(
        self,
        request: HttpRequest,
        user: User,
        title: str,
        change: Callable[[FormValues], str],
        status_after: str,
        consequences: str,
    ) -> HttpResponse:
        action = effects.status_action(
            title,
            change,
            subject=effects.user_subject(user),
            before=self.state(user),
            after=status_after,
            question=f"{title} {user.email}",
            consequences=consequences,
        )
        return confirm_and_log(self, request, user, action)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Omit the action that does not apply to the user's status: suspend or restore."""
        user_id = _uuid(str(object_id))
        suspended = user_id is not None and User.objects.filter(pk=user_id, suspended_at__isnull=False).exists()
        hidden = "suspend_user" if suspended else "restore_user"
        actions: list[Any] = super().get_actions_detail(request, object_id)
        return [item for item in actions if not item.action_name.endswith(hidden)]


def related_rows(user_id: uuid.UUID) -> dict[str, Any]:
    """Return the credit account and the latest keys, images, entries, purchases and sessions of a user."""
    account = CreditAccount.objects.filter(user_id=user_id).first()
    if account is None:
        return {}
    return {
        "account": account,
        "keys": list(ApiKey.objects.filter(user_id=user_id).order_by("-created_at", "-id")[:ROWS_SHOWN]),
        "images": list(Image.objects.filter(user_id=user_id, deleted_at=None).newest_first()[:ROWS_SHOWN]),
        "entries": list(LedgerEntry.objects.filter(account=account).order_by("-position")[:ROWS_SHOWN]),
        "purchases": list(Purchase.objects.filter(account=account).order_by("-created_at", "-id")[:ROWS_SHOWN]),
        "sessions": list(UserSession.objects.filter(user_id=user_id).order_by("-last_seen_at")[:ROWS_SHOWN]),
    }


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
