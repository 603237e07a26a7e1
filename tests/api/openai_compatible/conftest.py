"""OpenAI's Python SDK with Alice's key."""

from collections.abc import Iterator

import openai
import pytest

from tests.web_server import Server

PATH = "/api/openai/v1"


@pytest.fixture
def base_url(server: Server) -> str:
    return server.url + PATH


@pytest.fixture
def sdk(transactional_db: None, base_url: str, alices_key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=base_url, api_key=alices_key) as client:
        yield client
