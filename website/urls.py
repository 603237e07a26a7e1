"""URLs of the website: sign-in, public pages, documentation and dashboard."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("dashboard/", include("website.dashboard.urls")),
    path("", include("website.docs.urls")),
    path("", include("website.public.urls")),
]
