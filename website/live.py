"""WebSocket that notifies open pages of changes.

A message contains a topic and an image's id, and no other data: the page fetches what changed with its session.
"""

import asyncio
import contextlib
import logging
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import CookieMiddleware
from django.conf import settings

from accounts.sign_in import sessions
from images.listener import Change, listener
from infrastructure import cancellation, database

logger = logging.getLogger(__name__)

PATH: Final = "/ws/live"
# Close codes. RFC 6455 (7.4.2) reserves 4000 to 4999 for private use; the last three digits are the HTTP status.
NOT_SIGNED_IN: Final = 4401
NO_SUCH_PAGE: Final = 4404
TOO_MANY_SOCKETS: Final = 4429
INTERNAL_ERROR: Final = 1011
# Interval of checking the session. Sign-out, a new password and a suspension also make the user's sockets check it at
# once; a session that expires closes its sockets within this time.
SESSION_RECHECK_SECONDS = 60.0
# Each socket holds a queue and a task. A page without a socket polls, so more open pages still work.
SOCKETS_PER_USER_MAX = 20

# The open sockets of this process by user.
open_sockets: Counter[uuid.UUID] = Counter()


class LiveUpdates(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """The connection of one page. Sends the changes that concern the page's user."""

    sender: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        # A close code reaches the page only after the handshake.
        await self.accept()
        if self.scope["path"] != PATH:
            await self.close(NO_SUCH_PAGE)
            return
        user_id = await self._user_id()
        if user_id is None:
            await self.close(NOT_SIGNED_IN)
        else:
            self.sender = asyncio.create_task(self._send_changes(user_id))

    async def disconnect(self, code: int) -> None:  # noqa: ARG002
        if self.sender is not None:
            # This also retrieves the exception of a task that failed because the page disconnected during a send.
            await cancellation.cancel_and_wait(self.sender)

    async def receive(self, **_: Any) -> None:
        """Ignore messages from the page: the protocol has none in this direction."""

    async def _user_id(self) -> uuid.UUID | None:
        session_key = self.scope["cookies"].get(settings.SESSION_COOKIE_NAME)
        return await database.run_blocking(sessions.session_user_id, session_key) if session_key else None

    async def _send_changes(self, user_id: uuid.UUID) -> None:
        if open_sockets[user_id] >= SOCKETS_PER_USER_MAX:
            await self.close(TOO_MANY_SOCKETS)
            return
        try:
            with _counted(user_id), listener().user_changes(user_id) as changes:
                while await self._user_id() == user_id:
                    await self._send_until_recheck(changes)
        except Exception as error:
            # A page polls only while its socket is closed, so a socket that cannot send must not stay open.
            logger.warning("live updates of a page failed: %s", type(error).__name__)
            await self.close(INTERNAL_ERROR)
        else:
            await self.close(NOT_SIGNED_IN)

    async def _send_until_recheck(self, changes: asyncio.Queue[Change]) -> None:
        try:
            async with asyncio.timeout(SESSION_RECHECK_SECONDS):
                while True:
                    change = await changes.get()
                    if change.topic == "session":
                        return
                    image_id = str(change.image_id) if change.image_id else None
                    await self.send_json({"topic": change.topic, "id": image_id})
        except TimeoutError:
            return


@contextlib.contextmanager
def _counted(user_id: uuid.UUID) -> Iterator[None]:
    open_sockets[user_id] += 1
    try:
        yield
    finally:
        open_sockets[user_id] -= 1
        if not open_sockets[user_id]:
            del open_sockets[user_id]


application: Final = AllowedHostsOriginValidator(CookieMiddleware(LiveUpdates.as_asgi()))
