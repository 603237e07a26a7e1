"""Addresses of this app's pages."""

from django.urls import path

from billing.pages.balance import balance

urlpatterns = [
    path("dashboard/balance", balance, name="balance"),
]
