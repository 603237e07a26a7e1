"""All settings. `environment` reads the environment; the other modules derive Django's settings from it."""

import django_stubs_ext

from config.settings.api import *  # noqa: F403
from config.settings.applications import *  # noqa: F403
from config.settings.database import *  # noqa: F403
from config.settings.environment import *  # noqa: F403
from config.settings.environment import DEBUG
from config.settings.mail import *  # noqa: F403
from config.settings.security import *  # noqa: F403
from config.settings.sign_in import *  # noqa: F403
from config.settings.staff import *  # noqa: F403
from config.settings.storage import *  # noqa: F403
from infrastructure.logs import logging_settings

# Allows annotations such as ModelAdmin[User] in code that runs.
django_stubs_ext.monkeypatch()

LOGGING = logging_settings(debug=DEBUG)
