"""Overview page: balance, recent spending, keys and recent images, or the first steps of a new account."""

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
from accounts.oauth import metadata
from billing import usage
from billing.alerts import low_balance
from billing.models import Pack
from images.catalogue import prices
from images.models import CatalogueModel, Image
from images.statistics import spend
from images.statistics.chart import SpendChart
from website.dashboard import shapes
from website.dashboard.overview import first_steps
from website.public import samples
from website.requests import MemberRequest

PERIOD_DAYS: Final = 30
KEYS_MAX: Final = 3
PACKS_MAX: Final = 2
ROWS_MAX: Final = 2
SAMPLE_NAMES: Final = ("ridges", "rings", "dunes", "tiles", "arches")
# A row is full when the aspect ratios (width / height) of its pictures add up to this.
ROW_FULL_RATIO: Final = 5.6
# Enough to fill the rows even if every picture is as narrow as 9:16.
RECENT_IMAGES_MAX: Final = 24


class Row(NamedTuple):
    """Pictures shown side by side, and whether they fill the width of the page."""

    images: list[Image]
    is_full: bool


@require_safe
@never_cache
@login_required
def overview(request: MemberRequest) -> HttpResponse:
    """Show the state of the account, or its prices and examples while it has no images, and the first steps."""
    has_images = first_steps.has_images(request.user)
    context = _account_context(request.user) if has_images else _new_account_context()
    template = "website/dashboard/overview/_body.html" if request.htmx else "website/dashboard/overview/page.html"
    context |= _steps_context(request.user)
    context |= {"has_images": has_images, "low_balance_level": low_balance.active_level(request.user.pk)}
    return render(request, template, context)


def _account_context(user: User) -> dict[str, Any]:
    period = spend.Period.of_last_days(PERIOD_DAYS)
    images = Image.objects.owned_by(user.pk)
    return {
        "chart": SpendChart(period, spend.by_day(user.pk, period)),
        "unfinished_credits": images.unfinished().aggregate(credits=Sum("credit_cost", default=0))["credits"],
        "keys": _recent_keys(user),
        "rows": _rows(images.filter(status=Image.Status.SUCCEEDED).newest_first()[:RECENT_IMAGES_MAX]),
    }


def _steps_context(user: User) -> dict[str, Any]:
    steps = first_steps.steps(user)
    done = sum(step.is_done for step in steps)
    packs = list(Pack.objects.filter(enabled=True)[:PACKS_MAX]) if done < len(steps) else []
    return {"steps": steps, "steps_done": done, "packs": packs, "endpoint": metadata.resource()}


def _new_account_context() -> dict[str, Any]:
    models = list(CatalogueModel.objects.with_prices().filter(enabled=True))
    return {
        "models": models,
        "lowest_price": prices.lowest_price(models),
        "samples": [samples.BY_NAME[name] for name in SAMPLE_NAMES],
    }


def _recent_keys(user: User) -> list[usage.KeyUsage]:
    keys = api_keys.live(user).order_by(F("last_used_at").desc(nulls_last=True), "-created_at", "-id")[:KEYS_MAX]
    return usage.key_usage(keys)


def _rows(images: Iterable[Image]) -> list[Row]:
    """Distribute images over at most `ROWS_MAX` rows; only the last row may not be full."""
    rows: list[Row] = []
    row: list[Image] = []
    ratio = 0.0
    for image in images:
        row.append(image)
        ratio += shapes.quotient(shapes.shown_ratio(image))
        if ratio >= ROW_FULL_RATIO:
            rows.append(Row(row, is_full=True))
            row, ratio = [], 0.0
            if len(rows) == ROWS_MAX:
                return rows
    return [*rows, Row(row, is_full=False)] if row else rows
