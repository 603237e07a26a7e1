"""The app of the REST API."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """An entry point without tables of its own."""

    name = "api"
