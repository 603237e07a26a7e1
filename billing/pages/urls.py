"""Addresses of this app's pages."""

from django.urls import path

from billing.pages.balance import balance
from billing.pages.billing import billing
from billing.pages.export import ledger_csv

urlpatterns = [
    path("dashboard/balance", balance, name="balance"),
    path("dashboard/billing/", billing, name="billing"),
    path("dashboard/usage/ledger.csv", ledger_csv, name="ledger-csv"),
]
