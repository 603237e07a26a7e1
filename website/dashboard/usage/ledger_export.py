"""View that downloads the user's whole ledger as CSV."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.authentication import Caller
from billing import ledger_statement
from infrastructure.csv_export import csv_response


@require_safe
@never_cache
@login_required
async def ledger_csv(request: HttpRequest) -> HttpResponseBase:
    """Stream every entry of the user's ledger, oldest first."""
    caller = Caller.in_dashboard(await request.auser())  # type: ignore[arg-type]
    filename = f"get-images-ledger-{timezone.now():%Y-%m-%d}.csv"
    return csv_response(ledger_statement.chunks(caller.user_id), filename=filename)
