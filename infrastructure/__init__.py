"""Shared foundations: database, embedded PostgreSQL, metrics, tracing, logging, outbound HTTP. Imports no app."""
