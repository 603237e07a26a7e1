"""The clock of the database server, which all processes share."""

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """Return the present time; two calls of one transaction differ."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
