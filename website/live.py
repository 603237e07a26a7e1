"""The WebSocket of open pages: it says what has changed, and the page asks for it with its session."""

import asyncio
import logging
import uuid
from importlib import import_module
from typing import Any, Final

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.contrib import auth
from django.utils.crypto import constant_time_compare

from accounts.models import User
from images.listener import Change, listener
from infrastructure import cancellation, database

logger = logging.getLogger(__name__)

PATH: Final = "/ws/live"
# Codes of our own, as RFC 6455 (7.4.2) leaves room for; they end in HTTP's.
NOT_SIGNED_IN: Final = 4401
NO_SUCH_PAGE: Final = 4404
INTERNAL_ERROR: Final = 1011
# A socket outlives the sign-out of its page, or of another one, by no more than this.
SESSION_RECHECK_SECONDS = 60.0


class LiveUpdates(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """Tells one page what changes for its user; it holds ids and nothing else."""

    telling: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        # Before the handshake is accepted a page could not be told why.
        await self.accept()
        if self.scope["path"] != PATH:
            await self.close(NO_SUCH_PAGE)
            return
        user_id = await self._user_id()
        if user_id is None:
            await self.close(NOT_SIGNED_IN)
        else:
            self.telling = asyncio.create_task(self._tell(user_id))

    async def disconnect(self, code: int) -> None:  # noqa: ARG002
        if self.telling is not None:
            # Also to hear how it ended, if it did by itself: the page may have gone while it was being told.
            await cancellation.cancel_and_wait(self.telling)

    async def receive(self, **_: Any) -> None:
        """Ignore whatever a page says: it has nothing to say here."""

    async def _user_id(self) -> uuid.UUID | None:
        session_key = self.scope["cookies"].get(settings.SESSION_COOKIE_NAME)
        return await database.run_blocking(session_user_id, session_key) if session_key else None

    async def _tell(self, user_id: uuid.UUID) -> None:
        try:
            with listener().user_changes(user_id) as news:
                while await self._user_id() == user_id:
                    await self._tell_for_a_while(news)
        except Exception as error:
            # A socket that stays open and says nothing would keep the page from asking by itself.
            logger.warning("the news of a page ended: %s", type(error).__name__)
            await self.close(INTERNAL_ERROR)
        else:
            await self.close(NOT_SIGNED_IN)

    async def _tell_for_a_while(self, news: asyncio.Queue[Change]) -> None:
        try:
            async with asyncio.timeout(SESSION_RECHECK_SECONDS):
                while True:
                    each = await news.get()
                    await self.send_json({"topic": each.topic, "id": str(each.image_id) if each.image_id else None})
        except TimeoutError:
            return


def session_user_id(session_key: str) -> uuid.UUID | None:
    """Return whose session this is, None if it has ended.

    Django's and Channels' own functions write: they end a session that was begun under an earlier SECRET_KEY, or give
    it a new name, which the browser of an open page would never learn.
    """
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    backend = session.get(auth.BACKEND_SESSION_KEY)
    if backend not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = auth.load_backend(backend).get_user(session.get(auth.SESSION_KEY))
    if not isinstance(user, User):
        return None
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    stored = session.get(auth.HASH_SESSION_KEY, "")
    return user.pk if any(constant_time_compare(stored, each) for each in hashes) else None


application: Final = AllowedHostsOriginValidator(CookieMiddleware(LiveUpdates.as_asgi()))
