"""The site's frame in a browser."""

from tests.browser.conftest import Visitor, check_page


def test_the_api_page_is_accessible_everywhere(anybody: Visitor) -> None:
    check_page(anybody.go("/docs/api"))
