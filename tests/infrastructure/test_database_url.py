"""Parameters of DATABASE_URL apply to every connection, including those that Django does not open."""

from typing import Any

import psycopg
from django.db import connection

from infrastructure import database


def test_parameters_of_the_url_are_kept(settings: Any) -> None:
    settings.DATABASE_URL_PARAMETERS = {"sslmode": "verify-full", "target_session_attrs": "read-write"}
    parts = psycopg.conninfo.conninfo_to_dict(database.url())
    assert (parts["sslmode"], parts["target_session_attrs"]) == ("verify-full", "read-write")
    assert (parts["dbname"], parts["password"]) == (
        connection.settings_dict["NAME"],
        connection.settings_dict["PASSWORD"],
    )


def test_hosts_can_be_given_as_parameters(settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "")
    monkeypatch.setitem(connection.settings_dict, "PORT", "")
    settings.DATABASE_URL_PARAMETERS = {"host": "one,two", "port": "5432,5433"}
    parts = psycopg.conninfo.conninfo_to_dict(database.url())
    assert (parts["host"], parts["port"]) == ("one,two", "5432,5433")
