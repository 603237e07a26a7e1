"""Functions of the tests that run the code samples of the documentation."""

import json
import os
import re
import shutil
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

Run = Callable[..., str]


def program(name: str) -> str:
    """Return the path of a program. If it is missing, skip the test, or fail with REQUIRE_NODE."""
    path = shutil.which(name)
    if path is None:
        (pytest.fail if os.environ.get("REQUIRE_NODE") else pytest.skip)(f"this test needs {name}")
    return path


def parse_response(output: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return status, headers and JSON body from the output of `curl --include`."""
    head, _, body = output.replace("\r\n", "\n").partition("\n\n")
    status, *lines = head.splitlines()
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, json.loads(body)


def code_blocks(html: str) -> list[str]:
    """Return the text of each code block, as the copy button copies it."""
    blocks = re.findall(r"<pre><code>(.*?)</code></pre>", html, re.DOTALL)
    return [unescape(re.sub(r"<[^>]*>", "", block)) for block in blocks]
