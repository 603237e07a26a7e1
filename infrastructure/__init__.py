"""Shared foundations of all apps: database access, embedded PostgreSQL, metrics, tracing, logging. Imports no app."""
