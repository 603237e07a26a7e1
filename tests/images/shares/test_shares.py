"""Creating and revoking the public page of a picture."""

import pytest

from accounts import suspension
from accounts.models import User
from images import account_deletion, generation
from images.exceptions import ImageNotFound, NotReady, ShareNotFound
from images.models import Share
from images.shares import shares
from tests.factories import caller_of, finished_image, queued_image

pytestmark = pytest.mark.django_db


def share(user: User, *, shows_prompt: bool = False) -> Share:
    return shares.share(caller_of(user), finished_image(user).pk, shows_prompt=shows_prompt)[0]


def test_a_link_is_random_and_finds_its_image(alice: User) -> None:
    first, second = share(alice), share(alice)
    assert first.token != second.token
    assert shares.url(first).endswith(f"/s/{first.token}")
    found = shares.by_token(first.token)
    assert found is not None
    assert found.image_id == first.image_id


def test_a_page_keeps_its_link_when_it_changes(alice: User) -> None:
    created = share(alice)
    changed, is_new = shares.share(caller_of(alice), created.pk, shows_prompt=True)
    assert (changed.token, changed.shows_prompt, is_new) == (created.token, True, False)


def test_a_revoked_link_finds_nothing_and_the_next_one_differs(alice: User) -> None:
    created = share(alice)
    assert shares.revoke(caller_of(alice), created.pk)
    assert not shares.revoke(caller_of(alice), created.pk)
    assert shares.by_token(created.token) is None
    with pytest.raises(ShareNotFound):
        shares.find(caller_of(alice), created.pk)
    again, is_new = shares.share(caller_of(alice), created.pk, shows_prompt=False)
    assert is_new
    assert again.token != created.token


@pytest.mark.parametrize("token", ["", "x", "A" * 32, "é" * 32, "\0" * 32, "A" * 5000])
def test_another_token_finds_nothing(alice: User, token: str) -> None:
    share(alice)
    assert shares.by_token(token) is None


def test_deleting_the_image_or_the_account_deletes_the_page(alice: User, bob: User) -> None:
    alices, bobs = share(alice), share(bob)
    generation.delete(caller_of(alice), alices.pk)
    account_deletion.erase_images(bob)
    assert not Share.objects.exists()
    assert shares.by_token(bobs.token) is None


def test_a_suspended_account_shows_nothing_until_it_is_restored(alice: User) -> None:
    created = share(alice)
    suspension.suspend(alice)
    assert shares.by_token(created.token) is None
    suspension.restore(alice)
    assert shares.by_token(created.token) is not None


def test_only_a_picture_can_be_shared(alice: User) -> None:
    with pytest.raises(NotReady):
        shares.share(caller_of(alice), queued_image(alice).pk, shows_prompt=False)


def test_another_user_can_neither_share_nor_find_nor_revoke(alice: User, bob: User) -> None:
    created = share(alice)
    for call in (
        lambda: shares.share(caller_of(bob), created.pk, shows_prompt=True),
        lambda: shares.find(caller_of(bob), created.pk),
        lambda: shares.revoke(caller_of(bob), created.pk),
    ):
        with pytest.raises(ImageNotFound):
            call()
    created.refresh_from_db()
    assert not created.shows_prompt
