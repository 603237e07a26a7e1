"""What every app builds on: database access, the embedded PostgreSQL, metrics, tracing, logging. It imports no app."""
