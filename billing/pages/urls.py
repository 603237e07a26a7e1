"""Addresses of this app's pages."""

from django.urls import path

from billing.pages.alert import alert
from billing.pages.balance import balance
from billing.pages.billing import billing
from billing.pages.buying import buy
from billing.pages.export import ledger_csv
from billing.pages.purchase import purchase, receipt
from billing.pages.simulated import simulated_checkout
from billing.pages.webhook import stripe_webhook

urlpatterns = [
    path("dashboard/balance", balance, name="balance"),
    path("dashboard/billing/", billing, name="billing"),
    path("dashboard/billing/alert/", alert, name="low-balance-alert"),
    path("dashboard/billing/buy/<int:pack_id>/", buy, name="buy"),
    path("dashboard/billing/purchases/<uuid:purchase_id>/", purchase, name="purchase"),
    path("dashboard/billing/purchases/<uuid:purchase_id>/receipt", receipt, name="receipt"),
    path("dashboard/billing/simulated/<slug:session_id>/", simulated_checkout, name="simulated-checkout"),
    path("dashboard/usage/ledger.csv", ledger_csv, name="ledger-csv"),
    path("webhooks/stripe", stripe_webhook, name="stripe-webhook"),
]
