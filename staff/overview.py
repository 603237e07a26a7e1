"""The overview page: ledger, credits, models, providers, queue and failures of a period."""

from decimal import Decimal
from typing import Any, Final

from django import forms
from django.http import HttpRequest

from images.models import AuditRun
from images.statistics import operations
from images.statistics.chart import SpendChart
from images.statistics.spend import Period

PERIODS: Final = [("1", "Today"), ("7", "7 days"), ("30", "30 days"), ("90", "90 days")]
DEFAULT_DAYS: Final = "7"
FAILURES_SHOWN: Final = 5
# A model with this failure rate gets an alert, if the period has enough images for the rate to mean something.
ALERT_FAILURE_PERCENT: Final = 10
ALERT_MIN_IMAGES: Final = 20


class PeriodForm(forms.Form):
    """The period in the query string; an invalid value selects the default."""

    days = forms.ChoiceField(choices=PERIODS, required=False)

    def selected_days(self) -> str:
        """Return the number of days."""
        self.is_valid()
        return self.cleaned_data.get("days") or DEFAULT_DAYS


def context(request: HttpRequest) -> dict[str, Any]:
    """Return the template context of the overview page."""
    days = PeriodForm(request.GET).selected_days()
    period = Period.of_last_days(int(days))
    models = operations.by_model(period)
    credit_price_cents = operations.average_credit_price_cents()
    return {
        "periods": PERIODS,
        "days": days,
        "period": period,
        "latest_audit": AuditRun.objects.order_by("-started_at", "-id").first(),
        "breached_audit": AuditRun.objects.filter(breach_count__gt=0, acknowledged_at=None)
        .order_by("-started_at")
        .first(),
        "liability": operations.liability(),
        "money": operations.credit_totals(period),
        "models": models,
        "margins": operations.margins(models, credit_price_cents),
        "credit_price": credit_price_cents and credit_price_cents / 100,
        "providers": operations.by_provider(period),
        "failing_models": [model for model in models if _is_failing(model)],
        "chart": SpendChart(period, operations.spent_by_day(period)),
        "queue": operations.queue_status(),
        "failures": operations.latest_failures(FAILURES_SHOWN),
    }


def _is_failing(model: operations.ModelFigures) -> bool:
    return model.images >= ALERT_MIN_IMAGES and model.failed_percent >= Decimal(ALERT_FAILURE_PERCENT)
