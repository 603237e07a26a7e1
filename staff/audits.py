"""Admin of ledger audits: the results, running an audit, and acknowledging breaches."""

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action, display

from images import audit
from images.models import AuditRun
from images.worker import job_queue
from staff.actions import Action, FormValues, confirm_and_log
from staff.model_admins import ReadOnlyAdmin


@admin.register(AuditRun)
class AuditRunAdmin(ReadOnlyAdmin):
    """Audit runs, newest first."""

    labels: ClassVar = {
        "started_at": "Started",
        "finished_at": "Finished",
        "counts": "Rows and credits checked",
        "breach_count": "Breaches",
        "breaches": "First breaches",
        "acknowledged_at": "Acknowledged",
    }
    list_display = ("started_at", "outcome", "breach_count", "finished_at", "acknowledged_at")
    ordering = ("-started_at", "-id")
    actions_list = ("run_audit",)
    actions_detail = ("acknowledge_audit",)

    @display(description="Outcome", label={"Balanced": "success", "Breaches": "danger"})
    def outcome(self, run: AuditRun) -> str:
        return "Breaches" if run.breach_count else "Balanced"

    @action(description="Run audit", url_path="run", permissions=["images.run_audit"])
    def run_audit(self, request: HttpRequest) -> HttpResponse:
        def enqueue(_: FormValues) -> str:
            job_queue.enqueue_audit()
            return "Audit queued. Reload this page in a moment to see the result."

        consequences = "Checks every balance against its ledger entries in the background. Nothing is changed."
        return confirm_and_log(self, request, None, Action("Run audit", enqueue, consequences=consequences))

    @action(description="Acknowledge", url_path="acknowledge", permissions=["images.run_audit"])
    def acknowledge_audit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run = self.require_object(request, object_id)

        def acknowledge(_: FormValues) -> str:
            return "Acknowledged." if audit.acknowledge(run) else "Nothing to acknowledge."

        consequences = "Removes the breaches of this audit from the overview. The ledger isn't changed."
        return confirm_and_log(self, request, run, Action("Acknowledge", acknowledge, consequences=consequences))
