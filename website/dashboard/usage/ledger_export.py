"""View that downloads the ledger entries of the usage page as CSV."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.authentication import Caller
from accounts.models import User
from images.statistics import ledger_csv as ledger_file
from infrastructure import database
from infrastructure.csv_export import csv_response
from website import time_zones
from website.dashboard.usage.filters import UsageForm, ledger_filter


@require_safe
@never_cache
@login_required
async def ledger_csv(request: HttpRequest) -> HttpResponseBase:
    """Stream the entries that the usage page shows for the same query string, oldest first."""
    user: User = await request.auser()  # type: ignore[assignment]
    form = UsageForm(request.GET, zone=time_zones.of_viewer(request))
    filters = await database.run_blocking(ledger_filter, user, form)
    filename = f"get-images-ledger-{timezone.now():%Y-%m-%d}.csv"
    return csv_response(ledger_file.chunks(Caller.in_dashboard(user), filters), filename=filename)
