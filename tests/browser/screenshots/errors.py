"""The URLs of the site, and one more that shows each error page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from config import urls

handler400 = urls.handler400
handler404 = urls.handler404


def error_page(request: HttpRequest, name: str, status: int) -> HttpResponse:
    return render(request, f"{name}.html", status=status)


urlpatterns = [path("errors/<slug:name>/<int:status>", error_page), *urls.urlpatterns]
