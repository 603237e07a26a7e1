"""The list of screenshots that `make screenshots` takes."""

from collections import Counter

from tests.browser.screenshots import apps, dashboard, gallery, public, sign_in, viewer, webhooks


def test_no_screen_overwrites_another() -> None:
    dashboard_walks = (*dashboard.WALKS, *gallery.WALKS, *apps.WALKS, *webhooks.WALKS)
    walks = (*public.WALKS, *dashboard_walks, *sign_in.WALKS, *viewer.WALKS)
    names = Counter(screen.name for walk in walks for screen in walk.screens)
    assert [name for name, times in names.items() if times > 1] == []
