"""Triggers that prolong two transactions: the one that accepts an image and the one that makes it final.

Both take a millisecond or two, too short to be hit. A pause inside lets a process or its connection die between their
statements, or between the last statement and the commit.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

PAUSE_MAX_SECONDS = 0.08

CREATE = f"""
CREATE FUNCTION chaos_pause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(random() * {PAUSE_MAX_SECONDS}); RETURN NULL; END $$;
CREATE TRIGGER chaos_accepting AFTER INSERT ON images_image FOR EACH ROW EXECUTE FUNCTION chaos_pause();
CREATE TRIGGER chaos_ending AFTER UPDATE ON images_image FOR EACH ROW
    WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL) EXECUTE FUNCTION chaos_pause();
"""
DROP = "DROP FUNCTION chaos_pause() CASCADE"


@contextmanager
def in_transactions() -> Iterator[None]:
    _execute(CREATE)
    try:
        yield
    finally:
        _execute(DROP)


def _execute(statements: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statements)
