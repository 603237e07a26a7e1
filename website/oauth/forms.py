"""Form of the consent page. The rules themselves are those of `accounts.api_keys`."""

from collections.abc import Callable
from typing import Any

from accounts.models import ApiKey, OAuthClient
from accounts.oauth import connections
from website.dashboard.keys.forms import KeyForm


class ConsentForm(KeyForm):
    """Name, monthly cap and models of a connection: those of the live one, else the client's name and a default cap."""

    request_id = None  # type: ignore[assignment] - Django removes inherited fields in this way
    expires_at = None  # type: ignore[assignment]

    def __init__(self, data: Any = None, *, client: OAuthClient, connection: ApiKey | None) -> None:
        initial = {"name": client.name, "monthly_credit_cap": connections.DEFAULT_CAP_CREDITS}
        super().__init__(data, key=connection, initial=initial)

    def submit(self, save: Callable[..., Any]) -> Any:
        """Return `save(name=..., monthly_credit_cap=..., allowed_models=...)`, as KeyForm does."""
        return super().submit(lambda **values: save(**{n: v for n, v in values.items() if n != "expires_at"}))
