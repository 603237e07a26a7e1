"""Addresses of this app's pages."""

from django.urls import path

from accounts.pages.deletion import delete_account
from accounts.pages.development_mail import sent_mail
from accounts.pages.settings import settings

urlpatterns = [
    path("dashboard/settings/", settings, name="settings"),
    path("dashboard/settings/delete/", delete_account, name="delete-account"),
    path("dev/mail", sent_mail, name="development-mail"),
]
