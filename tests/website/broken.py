"""The addresses of the site, and one at which we make a mistake."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import handler400, urlpatterns

__all__ = ["handler400", "urlpatterns"]


def broken(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret prompt")


urlpatterns = [*urlpatterns, path("broken", broken)]
