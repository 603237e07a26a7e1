"""The overview: how money, models, providers and workers stand, for a period of days."""

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
# A model that fails this often is worth a note, once it has been asked a few times.
NOTED_FAILURE_PERCENT: Final = 10
NOTED_FROM_IMAGES: Final = 20


class PeriodForm(forms.Form):
    """The period that the query string chooses; what it cannot mean is as if it were not there."""

    days = forms.ChoiceField(choices=PERIODS, required=False)

    def chosen(self) -> str:
        """Return the number of days."""
        self.is_valid()
        return self.cleaned_data.get("days") or DEFAULT_DAYS


def context(request: HttpRequest) -> dict[str, Any]:
    """Return what the first page of the staff's site shows."""
    days = PeriodForm(request.GET).chosen()
    period = Period.of_last_days(int(days))
    models = operations.by_model(period)
    money = operations.credit_totals(period)
    return {
        "periods": PERIODS,
        "days": days,
        "period": period,
        "audit": AuditRun.objects.order_by("-started_at", "-id").first(),
        "breach": AuditRun.objects.filter(breach_count__gt=0, acknowledged_at=None).order_by("-started_at").first(),
        "liability": operations.liability(),
        "money": money,
        "models": models,
        "margins": operations.margins(models, operations.average_credit_price_cents()),
        "providers": operations.by_provider(period),
        "troubled": [model for model in models if _is_troubled(model)],
        "chart": SpendChart(period, operations.spent_by_day(period)),
        "queue": operations.queue_status(),
        "failures": operations.latest_failures(FAILURES_SHOWN),
    }


def _is_troubled(model: operations.ModelFigures) -> bool:
    return model.images >= NOTED_FROM_IMAGES and model.failed_percent >= Decimal(NOTED_FAILURE_PERCENT)
