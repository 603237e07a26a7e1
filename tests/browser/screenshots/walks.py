"""What a list of screens is made of: walks through the site, each in a browser of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from playwright.sync_api import Page


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: where it is found, and what is done there before it is looked at."""

    name: str
    # Empty where the screen before has led here; {names} are ids of the cast.
    path: str = ""
    do: Callable[[Page], object] | None = None
    status: int = 200


@dataclass(frozen=True, slots=True)
class Walk:
    """Screens that one person sees one after the other; nobody has signed in without a person."""

    person: str
    screens: tuple[Screen, ...]
    # Passkeys need a name instead of an address.
    host: str = "127.0.0.1"
    settings: Mapping[str, object] = field(default_factory=dict)
