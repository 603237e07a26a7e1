"""URLs of the website: sign-in, public pages, documentation and dashboard."""

from django.urls import include, path

from accounts.sign_in.password_reset import NEW_PASSWORD_PAGE
from website.new_password import new_password

urlpatterns = [
    # Before the page of django-allauth with the same address and name.
    path("accounts/password/reset/complete/", new_password, name=NEW_PASSWORD_PAGE),
    path("accounts/", include("allauth.urls")),
    path("dashboard/", include("website.dashboard.urls")),
    path("", include("website.docs.urls")),
    path("", include("website.public.urls")),
]
