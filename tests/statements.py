"""Records the statements that psycopg sends, including those of transactions and outside of Django."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from psycopg._connection_base import BaseConnection
from psycopg._cursor_base import BaseCursor


@contextmanager
def sent_statements() -> Iterator[list[str]]:
    """Record the statements of the process during the block, except those of the test's own thread."""
    sent: list[str] = []
    own_thread = threading.current_thread()

    def record(statement: bytes | str) -> None:
        if threading.current_thread() is not own_thread:
            text = statement.decode() if isinstance(statement, bytes) else str(statement)
            sent.append(" ".join(text.split()))

    execute, command = BaseCursor._maybe_prepare_gen, BaseConnection._exec_command

    def record_query(cursor: Any, query: Any, **options: Any) -> Any:
        record(query.query)
        return execute(cursor, query, **options)

    def record_command(connection: Any, statement: Any, *arguments: Any) -> Any:
        record(statement)
        return command(connection, statement, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseCursor, "_maybe_prepare_gen", record_query)
        patch.setattr(BaseConnection, "_exec_command", record_command)
        yield sent
