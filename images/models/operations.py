"""Tables about the service itself: the workers' heartbeat and the audits of the ledger."""

from datetime import timedelta

from django.db import models

# Workers write their heartbeat every few seconds. When it is older than this, no worker is running.
WORKER_MISSING_AFTER = timedelta(seconds=60)


class WorkerHeartbeat(models.Model):
    """A single row: the time of the latest worker heartbeat, and the start of the current unbroken series.

    During an outage of the database no worker can renew a lease. steady_since distinguishes a lease that expired for
    that reason from the lease of a killed worker.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    beat_at = models.DateTimeField()
    steady_since = models.DateTimeField()

    class Meta:
        db_table = "images_workerpulse"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="images_one_pulse")]

    def __str__(self) -> str:
        return f"last beat {self.beat_at}, steady since {self.steady_since}"


class AuditRun(models.Model):
    """The result of one audit of the ledger. Staff see its breaches as new until they acknowledge them."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    # The number of audited rows and credits, by name.
    counts = models.JSONField(default=dict)
    breach_count = models.PositiveBigIntegerField()
    # Descriptions of the first breaches; breach_count has the total.
    breaches = models.JSONField(default=list)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-started_at", "-id"], name="images_audits_newest_first")]
        permissions = [("run_audit", "Can run audits and acknowledge breaches")]

    def __str__(self) -> str:
        return f"audit of {self.started_at:%Y-%m-%d %H:%M}"
