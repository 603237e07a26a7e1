"""Django settings. `environment` reads the environment variables; the other modules derive the settings from them."""

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
from infrastructure.observability.logs import logging_settings

# Makes generic annotations such as ModelAdmin[User] valid at run time.
django_stubs_ext.monkeypatch()

LOGGING = logging_settings(debug=DEBUG)
