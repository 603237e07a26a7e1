"""Figures computed from images and the ledger, for the dashboard, staff pages and metrics."""
