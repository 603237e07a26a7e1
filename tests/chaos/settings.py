"""The tests' settings, for processes that tell at every moment where their work is."""

from config.settings import INSTALLED_APPS
from tests.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.hooks.Hooks"]
