"""The application that uvicorn and daphne serve: MCP on its own path, everything else through Django."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()
