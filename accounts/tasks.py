"""Background jobs of the accounts app."""

from procrastinate.contrib.django import app

from accounts.oauth import cleanup
from infrastructure import database


@app.periodic(cron="29 * * * *")
@app.task(name="accounts.delete_expired_tokens", queueing_lock="accounts.delete_expired_tokens")
async def delete_expired_tokens(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate passes it to periodic tasks
    """Delete expired tokens, codes and unused clients of OAuth, once an hour."""
    await database.run_blocking(cleanup.delete_expired)
