"""The whole ledger as a file."""

from collections.abc import AsyncIterator
from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.authentication import Caller
from billing import ledger_statement
from infrastructure import database

END: Final = b""


@require_safe
@never_cache
@login_required
async def ledger_csv(request: HttpRequest) -> HttpResponseBase:
    """Send every entry of the user's ledger, oldest first, as it is read."""
    caller = Caller.in_dashboard(await request.auser())  # type: ignore[arg-type]
    return StreamingHttpResponse(
        _stream(caller),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="get-images-ledger-{timezone.now():%Y-%m-%d}.csv"'},
    )


async def _stream(caller: Caller) -> AsyncIterator[bytes]:
    # A piece that is not asked for is not read: who goes away costs nothing more.
    pieces = ledger_statement.chunks(caller.user_id)
    while piece := await database.run_blocking(next, pieces, END):
        yield piece
