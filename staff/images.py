"""Admin of images: request, outcome and cost, with the actions refund, retry, end and revoke link."""

import json
import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from asgiref.sync import async_to_sync
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.decorators import action, display

from accounts.models import User
from billing.models import LedgerEntry
from billing.money import credits_text
from billing.templatetags.credit_format import signed
from images import staff_actions
from images.catalogue import prices
from images.failures import FAILURE_CODES
from images.models import CatalogueModel, Image
from images.shares import shares
from images.storage import files, thumbnails
from staff import effects
from staff.actions import Action, Effect, FormValues, confirm_and_log
from staff.model_admins import ReadOnlyAdmin


class ErrorFilter(admin.SimpleListFilter):
    """Images with one error code, from a fixed list: Django's own filter would read every image to find the values."""

    title = "error"
    parameter_name = "error"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, code) for code in FAILURE_CODES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Image]) -> QuerySet[Image]:
        return queryset.filter(error_code=self.value()) if self.value() else queryset


class ModelFilter(admin.SimpleListFilter):
    """Images of one model of the catalogue: Django's own filter would read every image to find the values."""

    title = "model"
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(model.model_id, model.name) for model in CatalogueModel.objects.all()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Image]) -> QuerySet[Image]:
        return queryset.filter(model_id=self.value()) if self.value() else queryset


@admin.register(Image)
class ImageAdmin(ReadOnlyAdmin):
    """Images, newest first."""

    labels: ClassVar = {
        "id": "Image ID",
        "api_key": "API key",
        "model_id": "Model",
        "aspect_ratio": "Aspect ratio",
        "thinking_level": "Thinking",
        "resolution": "Resolution",
        "quality": "Quality",
        "background": "Background",
        "output_format": "Requested format",
        "has_content_credentials": "Content credentials (C2PA)",
        "credit_cost": "Credits",
        "created_at": "Requested",
        "finished_at": "Finished",
        "attempt": "Attempts",
        "provider_calls": "Provider calls",
        "lease_expires_at": "Worker's lease expires",
        "error_code": "Error",
        "error_message": "Error message",
        "media_type": "Format",
        "byte_size": "Size in bytes",
        "sha256": "SHA-256",
        "deleted_at": "Deleted",
    }
    list_display = (
        "created_at",
        "thumbnail",
        "user",
        "model_and_thinking",
        "status",
        "credit_cost",
        "attempt",
        "error_code",
    )
    list_filter = ("status", ModelFilter, ErrorFilter)
    list_select_related = ("user",)
    search_fields = ("=id", "=user__email")
    search_help_text = "Image ID or full email address"
    ordering = ("-created_at", "-id")
    actions_detail = ("refund_image", "retry_image", "end_image", "revoke_share")
    fieldsets = (
        (None, {"fields": ("thumbnail", "prompt", "style", "status", "error_code", "error_message", "ledger")}),
        (
            "Request",
            {
                "fields": (
                    *("id", "user", "api_key", "api_key_name", "client"),
                    *("model_id", "aspect_ratio", "thinking_level", "resolution", "quality", "background"),
                    *("output_format", "credit_cost"),
                )
            },
        ),
        (
            "Generation",
            {"fields": ("created_at", "finished_at", "duration", "attempt", "provider_calls", "lease_expires_at")},
        ),
        ("Provider", {"fields": ("upstream_cost", "reported_usage")}),
        (
            "Picture",
            {
                "fields": (
                    *("media_type", "width", "height", "byte_size", "sha256", "has_content_credentials"),
                    "deleted_at",
                )
            },
        ),
    )
    readonly_fields = ("thumbnail", "ledger", "duration", "upstream_cost", "reported_usage")

    @display(description="Picture")
    def thumbnail(self, image: Image) -> str:
        if not image.thumbnail_name:
            return "-"
        url = reverse("admin:images_image_thumbnail", args=[image.pk])
        return format_html('<img class="staff-thumbnail" src="{}" alt="" loading="lazy">', url)

    @display(description="Model", ordering="model_id")
    def model_and_thinking(self, image: Image) -> str:
        # Deep thinking has a price of its own.
        return f"{image.model_id}, deep" if image.thinking_level == "deep" else image.model_id

    @display(description="Ledger")
    def ledger(self, image: Image) -> str:
        url = reverse("admin:billing_ledgerentry_changelist")
        entries = LedgerEntry.objects.filter(reference_id=image.pk, type__in=["generation", "refund"])
        label = ", ".join(
            f"{entry.get_type_display()} {signed(entry.amount)}" for entry in entries.order_by("position")
        )
        return format_html('<a href="{}?q={}">{}</a>', url, image.pk, label or "No entries")

    @display(description="Duration")
    def duration(self, image: Image) -> str:
        return f"{(image.finished_at - image.created_at).total_seconds():.1f} s" if image.finished_at else "-"

    @display(description="Catalogue cost")
    def upstream_cost(self, image: Image) -> str:
        cents = prices.upstream_cost_cents(image)
        return "Unknown" if cents is None else f"{cents.normalize():f} US cents for each picture"

    @display(description="Usage reported by the provider")
    def reported_usage(self, image: Image) -> str:
        if image.provider_usage is None:
            return "Not reported"
        return format_html("<pre>{}</pre>", json.dumps(image.provider_usage, indent=2, ensure_ascii=False))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Image], search_term: str
    ) -> tuple[QuerySet[Image], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(pk=uuid.UUID(term)), False
        except ValueError:
            return queryset.filter(user__in=User.objects.with_email(term)), False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.send_thumbnail)
        return [path("<uuid:image_id>/thumbnail", view, name="images_image_thumbnail"), *super().get_urls()]

    def send_thumbnail(self, request: HttpRequest, image_id: uuid.UUID) -> HttpResponseBase:
        """Return the thumbnail if the member of staff may view images."""
        image = Image.objects.filter(pk=image_id).exclude(thumbnail_name="").first()
        if image is None or not self.has_view_permission(request, image):
            raise Http404
        try:
            content = async_to_sync(thumbnails.read)(image)
        except Exception as error:
            if files.is_missing(error):
                raise Http404 from error
            raise
        return HttpResponse(content, content_type=files.THUMBNAIL_MEDIA_TYPE)

    @action(description="Refund", url_path="refund", permissions=["images.refund_image"])
    def refund_image(self, request: HttpRequest, object_id: str) -> HttpResponse:
        image = self.require_object(request, object_id)

        def refund(_: FormValues) -> str:
            staff_actions.refund_image(image.pk)
            return f"{credits_text(image.credit_cost)} refunded."

        consequences = "An image can be refunded only once. The user keeps the picture."
        number = credits_text(image.credit_cost)
        question = f"Refund {number} for this image"
        return self._change_image(request, image, "Refund", refund, question, f"Refund {number}", consequences)

    @action(description="Retry", url_path="retry", permissions=["images.retry_image"])
    def retry_image(self, request: HttpRequest, object_id: str) -> HttpResponse:
        image = self.require_object(request, object_id)

        def retry(_: FormValues) -> str:
            receipt = staff_actions.retry_image(image.pk)
            charge = credits_text(receipt.image.credit_cost)
            return f"Requested again as {receipt.image.pk}. The user was charged {charge}."

        consequences = "Requests the same image again as a new image. The user is charged the current price."
        question = "Retry this image at the current price"
        return self._change_image(request, image, "Retry", retry, question, "Retry image", consequences)

    @action(description="End", url_path="end", permissions=["images.end_image"])
    def end_image(self, request: HttpRequest, object_id: str) -> HttpResponse:
        image = self.require_object(request, object_id)

        def end(_: FormValues) -> str:
            staff_actions.end_image(image.pk)
            return "The image was marked as failed and its credits were refunded."

        consequences = "Marks a stuck image as failed and refunds its credits."
        question = f"End this image and refund {credits_text(image.credit_cost)}"
        return self._change_image(request, image, "End", end, question, "End image", consequences)

    @action(description="Revoke link", url_path="unshare", permissions=["images.delete_share"])
    def revoke_share(self, request: HttpRequest, object_id: str) -> HttpResponse:
        image = self.require_object(request, object_id)

        def revoke(_: FormValues) -> str:
            return "The link was revoked." if shares.remove(image) else "There was no link."

        is_shared = shares.of_image(image) is not None
        action = effects.status_action(
            "Revoke link",
            revoke,
            subject=effects.image_subject(image),
            before="Public" if is_shared else "Not shared",
            after="Not shared",
            question="Revoke the public link to this picture",
            consequences="The public page stops working at once. The owner keeps the picture and can share it again.",
        )
        return confirm_and_log(self, request, image, action)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *arguments: Any, **options: Any
    ) -> HttpResponse:
        """Omit the actions that would change nothing for the image."""
        image: Image = options["obj"]
        applies = {
            "Refund": staff_actions.is_refundable(image),
            "Retry": staff_actions.is_retryable(image),
            "End": not image.is_final,
            "Revoke link": shares.of_image(image) is not None,
        }
        context["actions_detail"] = [each for each in context["actions_detail"] if applies.get(each["title"], True)]
        response: HttpResponse = super().render_change_form(request, context, *arguments, **options)
        return response

    def _change_image(
        self,
        request: HttpRequest,
        image: Image,
        title: str,
        change: Callable[[FormValues], str],
        question: str,
        button: str,
        consequences: str,
    ) -> HttpResponse:
        account = effects.account_of_image(image)

        def effect(values: FormValues) -> Effect:
            if account is None:
                raise ValueError("This image was never charged.")
            return effects.balance_effect(account, lambda: change(values), question=question, button=button)

        subject = effects.image_subject(image)
        current = effects.current_balance(account)
        action = Action(title, change, effect, subject, current, consequences=consequences)
        return confirm_and_log(self, request, image, action)
