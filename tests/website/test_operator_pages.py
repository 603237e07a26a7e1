"""Terms, privacy and support: the pages and the address of the operator."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client

from accounts.exceptions import AccountSuspended
from accounts.models import User
from tests.rendered import words

PAGES = {
    "TERMS_URL": "https://operator.example/terms",
    "PRIVACY_URL": "https://operator.example/privacy",
    "SUPPORT_URL": "https://operator.example/help",
    "SUPPORT_EMAIL": "help@operator.example",
}


@pytest.fixture
def configured(settings: Any) -> None:
    for name, value in PAGES.items():
        setattr(settings, name, value)


@pytest.mark.usefixtures("configured", "db")
def test_footer_error_pages_and_messages_name_the_configured_pages(client: Client) -> None:
    footer = client.get("/pricing").content.decode()
    for name in ("TERMS_URL", "PRIVACY_URL", "SUPPORT_URL"):
        assert f'<a href="{PAGES[name]}">' in footer
    for page in (client.get("/nothing/here").content.decode(), render_to_string("500.html")):
        assert '<a href="mailto:help@operator.example">help@operator.example</a>' in page
    assert "help@operator.example" in words(client.get("/accounts/inactive/"))
    assert AccountSuspended().message.endswith("To restore it, contact support: help@operator.example.")


@pytest.mark.usefixtures("configured")
def test_the_account_menu_and_the_menu_on_phones_link_to_support(client: Client, alice: User) -> None:
    client.force_login(alice)
    page = client.get("/dashboard/settings/").content.decode()
    assert page.count('<a href="mailto:help@operator.example">Support</a>') == 2


@pytest.mark.usefixtures("db")
def test_a_support_page_is_named_if_there_is_no_address(client: Client, settings: Any) -> None:
    settings.SUPPORT_URL = "https://operator.example/help"
    assert "contact support: https://operator.example/help" in words(client.get("/accounts/inactive/"))


@pytest.mark.usefixtures("db")
def test_a_markdown_file_becomes_the_page(client: Client, settings: Any, tmp_path: Path) -> None:
    file = tmp_path / "terms.md"
    file.write_text("# Our terms\n\nPay **first**. <script>alert(1)</script>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    settings.TERMS_FILE = str(file)
    assert '<a href="/terms">Terms</a>' in client.get("/pricing").text
    page = client.get("/terms")
    assert (page.status_code, page.text.count("<h1")) == (200, 1)
    assert "<p>Pay <strong>first</strong>. &lt;script&gt;" in page.text
    assert "<td>1</td>" in page.text
    file.write_text("The second version, without a heading.")
    # The clock of some file systems is coarse.
    os.utime(file, ns=(0, 0))
    page = client.get("/terms")
    assert "The second version" in page.text
    assert "<h1>Terms</h1>" in page.text
    assert client.get("/privacy").status_code == 404


@pytest.mark.usefixtures("db")
def test_without_settings_no_text_mentions_support(client: Client) -> None:
    for path in ("/pricing", "/nothing/here", "/accounts/inactive/"):
        text = words(client.get(path)).lower()
        assert "contact support" not in text
        assert "terms" not in text
    assert (client.get("/terms").status_code, client.get("/privacy").status_code) == (404, 404)
    assert "support" not in render_to_string("500.html").lower()
    assert AccountSuspended().message == "This account is suspended. Its credits and images are kept."
