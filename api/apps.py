"""Django app configuration of the REST API."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The REST entry point; it has no models."""

    name = "api"
