"""The tests' settings, for processes that record the stages of their work."""

from config.settings import INSTALLED_APPS
from tests.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.hooks.Hooks"]
