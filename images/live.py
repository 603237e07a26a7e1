"""The WebSocket of open pages: it says what has changed, and the page asks for it with its session."""

import asyncio
from typing import Any, Final

from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.security.websocket import AllowedHostsOriginValidator

from images.listener import listener

PATH: Final = "/ws/live"
# Codes of our own, as RFC 6455 (7.4.2) leaves room for; they end in HTTP's.
NOT_SIGNED_IN: Final = 4401
NO_SUCH_PAGE: Final = 4404


class Live(AsyncJsonWebsocketConsumer):
    """Tells one page what changes for its user; it holds ids and nothing else."""

    telling: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        user = self.scope["user"]
        await self.accept()
        if self.scope["path"] != PATH:
            await self.close(NO_SUCH_PAGE)
        elif user.is_authenticated:
            self.telling = asyncio.create_task(self._tell(user.pk))
        else:
            # Before the handshake is accepted a page could not be told why.
            await self.close(NOT_SIGNED_IN)

    async def disconnect(self, code: int) -> None:  # noqa: ARG002
        if self.telling is not None:
            self.telling.cancel()

    async def receive(self, **_: Any) -> None:
        """Ignore whatever a page says: it has nothing to say here."""

    async def _tell(self, user_id: Any) -> None:
        with listener().following(user_id) as news:
            while True:
                each = await news.get()
                await self.send_json({"topic": each.topic, "id": str(each.image_id) if each.image_id else None})


application: Final = AllowedHostsOriginValidator(AuthMiddlewareStack(Live.as_asgi()))
