"""Screens, and walks: sequences of screens in one browser."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from playwright.sync_api import Page


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: its path, and the action that leads to the state in the screenshot."""

    name: str
    # Empty if the previous screen leads here. Placeholders are names of ids of the cast.
    path: str = ""
    action: Callable[[Page], object] | None = None
    status: int = 200


@dataclass(frozen=True, slots=True)
class Walk:
    """Screens that one user opens in sequence; anonymous if the user is empty."""

    user: str
    screens: tuple[Screen, ...]
    # Passkeys need a host name instead of an IP address.
    host: str = "127.0.0.1"
    settings: Mapping[str, object] = field(default_factory=dict)
