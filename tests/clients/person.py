"""A person in place of the browser that a client opens: approves the connection in Chromium (`person.py URL`).

SESSION is the cookie of a signed-in user, CHROMIUM the path of the browser.
"""

import os
import sys
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import sync_playwright

TIMEOUT_MILLISECONDS = 60_000


def approve(url: str) -> None:
    """Open the consent page, connect, and wait until the client has answered the redirect."""
    address = urlsplit(url)
    (callback,) = parse_qs(address.query)["redirect_uri"]
    with sync_playwright() as playwright:
        path = os.environ["CHROMIUM"]
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        context = chromium.new_context()
        context.set_default_timeout(TIMEOUT_MILLISECONDS)
        site = f"{address.scheme}://{address.netloc}"
        context.add_cookies([{"name": "sessionid", "value": os.environ["SESSION"], "url": site}])
        page = context.new_page()
        page.goto(url)
        page.get_by_role("button", name="Connect", exact=True).click()
        page.wait_for_url(lambda reached: reached.startswith(callback))
        chromium.close()


if __name__ == "__main__":
    approve(sys.argv[1])
