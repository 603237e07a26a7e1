"""Audits of the ledger: what each found, running one now, and saying that a breach is known."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action, display

from images import audit
from images.models import AuditRun
from images.worker import job_queue
from staff.actions import FormValues, confirm_and_log
from staff.model_admins import ReadOnlyAdmin


@admin.register(AuditRun)
class AuditRunAdmin(ReadOnlyAdmin):
    """The latest first."""

    list_display = ("started_at", "outcome", "breach_count", "finished_at", "acknowledged_at")
    ordering = ("-started_at", "-id")
    actions_list = ("run_audit",)
    actions_detail = ("acknowledge_audit",)

    @display(description="Outcome", label={"Balanced": "success", "Breaches": "danger"})
    def outcome(self, run: AuditRun) -> str:
        return "Breaches" if run.breach_count else "Balanced"

    @action(description="Run the audit now", url_path="run", permissions=["images.run_audit"])
    def run_audit(self, request: HttpRequest) -> HttpResponse:
        def verb(_: FormValues) -> str:
            job_queue.enqueue_audit()
            return "A worker runs the audit now; its result stands here in a moment."

        return confirm_and_log(self, request, None, title="Run the audit now", verb=verb)

    @action(description="Acknowledge", url_path="acknowledge", permissions=["images.run_audit"])
    def acknowledge_audit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run = AuditRun.objects.get(pk=object_id)

        def verb(_: FormValues) -> str:
            return "Acknowledged." if audit.acknowledge(run) else "There was nothing to acknowledge."

        consequences = "The overview stops showing this breach as new. The ledger stays as it is."
        return confirm_and_log(self, request, run, title="Acknowledge", verb=verb, consequences=consequences)
