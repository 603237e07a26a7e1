"""The overview: what there is to spend, what was spent, and the latest pictures; first steps before there are any."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from django.contrib.auth.decorators import login_required
from django.db.models import F, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import api_keys
from accounts.models import User
from billing import low_balance_alerts, usage
from billing.models import Pack
from images.models import CatalogueModel, Image
from images.statistics import spend
from images.statistics.chart import SpendChart
from website.dashboard.overview import first_steps
from website.public import samples
from website.requests import MemberRequest

PERIOD_DAYS: Final = 30
KEYS_SHOWN: Final = 3
EXAMPLES: Final = ("ridges", "rings", "dunes", "tiles", "arches")
PACKS_SHOWN: Final = 2
ROWS_SHOWN: Final = 2
# Pictures of these widths together, in units of their height, fill a row.
ROW_FILLED_AT: Final = 5.6
CANDIDATES: Final = 24


class Row(NamedTuple):
    """Pictures side by side, and whether they fill the width."""

    images: list[Image]
    is_full: bool


@require_safe
@never_cache
@login_required
def overview(request: MemberRequest) -> HttpResponse:
    """Show how the account stands; a new account is shown its first steps."""
    has_images = first_steps.has_made_images(request.user)
    context = _figures(request.user) if has_images else _beginnings(request.user)
    template = "website/dashboard/overview/_body.html" if request.htmx else "website/dashboard/overview/page.html"
    context |= {"has_images": has_images, "low_balance_level": low_balance_alerts.active_level(request.user.pk)}
    return render(request, template, context)


def _figures(user: User) -> dict[str, Any]:
    period = spend.Period.of_last_days(PERIOD_DAYS)
    images = Image.objects.owned_by(user.pk)
    return {
        "chart": SpendChart(period, spend.by_day(user.pk, period)),
        "under_way": images.unfinished().aggregate(credits=Sum("credit_cost", default=0))["credits"],
        "keys": _keys(user),
        "rows": _rows(images.filter(status=Image.Status.SUCCEEDED).newest_first()[:CANDIDATES]),
    }


def _beginnings(user: User) -> dict[str, Any]:
    steps = first_steps.steps(user)
    return {
        "steps": steps,
        "steps_done": sum(step.is_done for step in steps),
        "packs": list(Pack.objects.filter(enabled=True)[:PACKS_SHOWN]),
        "models": list(CatalogueModel.objects.filter(enabled=True).order_by("credits", "position")),
        "samples": [samples.BY_NAME[name] for name in EXAMPLES],
    }


def _keys(user: User) -> list[usage.KeyUsage]:
    keys = api_keys.live(user).order_by(F("last_used_at").desc(nulls_last=True), "-created_at", "-id")[:KEYS_SHOWN]
    return usage.key_usage(keys)


def _rows(images: Iterable[Image]) -> list[Row]:
    """Share pictures out among rows; the last one may not be full."""
    rows: list[Row] = []
    row: list[Image] = []
    width = 0.0
    for image in images:
        wide, _, high = image.aspect_ratio.partition(":")
        row.append(image)
        width += int(wide) / int(high)
        if width >= ROW_FILLED_AT:
            rows.append(Row(row, is_full=True))
            row, width = [], 0.0
            if len(rows) == ROWS_SHOWN:
                return rows
    return [*rows, Row(row, is_full=False)] if row else rows
