"""Sources of the composer without a script: added, moved and removed, used by an edit, and refused."""

import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import User
from images.models import CatalogueModel, Image, Upload
from images.uploads import uploads
from tests.factories import MODEL, balance, caller_of, finished_image, queued_image
from tests.images.upload_files import SVG, mask_png, png
from tests.rendered import words
from tests.website.dashboard.test_generate import HTMX, PATH
from website.dashboard.generate import source_list

pytestmark = pytest.mark.django_db

OLD = "google:gemini-2.5-flash-image"


def uploaded(user: User, colour: str = "teal") -> str:
    return str(uploads.store(caller_of(user), png(colour=colour)).pk)


def file(content: bytes, name: str = "photo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/png")


def form(client: Client, sources: Sequence[str] = (), **changes: Any) -> dict[str, Any]:
    """Return the data of the form on a page with these sources, with these fields changed."""
    context = client.get(PATH, {"source": list(sources)}).context
    defaults = {"aspect_ratio": "auto" if sources else "1:1", "count": "1"}
    form = {"nonce": context["composer"].nonce, "prices": context["prices"], "prompt": "more fog", "model_id": MODEL}
    return {**form, **defaults, "source": list(sources), **changes}


def listed(response: Any) -> list[str]:
    return [source.source_id for source in response.context["sources"]]


def links(image: Image) -> list[tuple[str, str]]:
    return [(source.role, str(source.source_id)) for source in image.sources.all()]


def test_files_of_a_plain_form_are_added_in_order(alice_client: Client, alice: User) -> None:
    chosen = [file(png(), "a.png"), file(png(colour="red"), "b.png")]
    response = alice_client.post(PATH, form(alice_client, files=chosen, add_files="yes", prompt="more fog"))
    ids = listed(response)
    assert [str(upload.pk) for upload in Upload.objects.order_by("created_at")] == ids
    assert "2 of 14" in words(response)
    assert "more fog</textarea>" in response.content.decode()
    assert 'name="aspect_ratio" value="auto" checked' in response.content.decode()
    assert Image.objects.count() == 0


def test_a_file_that_is_chosen_and_sent_at_once_is_edited(alice_client: Client, alice: User) -> None:
    response = alice_client.post(PATH, form(alice_client, files=[file(png())]))
    image = Image.objects.get()
    assert response["Location"] == f"{PATH}?image={image.pk}"
    assert links(image) == [("base", str(Upload.objects.get().pk))]
    assert (image.aspect_ratio, balance(alice)) == ("auto", 95)


def test_a_form_with_a_file_that_is_sent_twice_charges_once(alice_client: Client, alice: User) -> None:
    data = form(alice_client)
    for _ in range(2):
        assert alice_client.post(PATH, {**data, "files": [file(png())]}).status_code == 302
    assert (Image.objects.count(), balance(alice)) == (1, 95)


def test_a_bad_file_is_explained_and_the_others_are_kept(alice_client: Client) -> None:
    chosen = [file(SVG, "drawing.svg"), file(png(), "photo.png")]
    response = alice_client.post(PATH, form(alice_client, files=chosen))
    assert "drawing.svg: Unusable file" in words(response)
    assert len(listed(response)) == 1
    assert "more fog</textarea>" in response.content.decode()
    assert Image.objects.count() == 0


def test_more_files_than_fit_are_not_stored(alice_client: Client, alice: User) -> None:
    ids = [uploaded(alice)] * 1 + [str(uuid.uuid4()) for _ in range(12)]
    chosen = [file(png(colour="red")), file(png(colour="blue"))]
    response = alice_client.post(PATH, form(alice_client, ids, files=chosen))
    assert "An edit can use 14 images." in words(response)
    assert len(listed(response)) == 14
    assert Upload.objects.count() == 2


def test_no_file_is_explained(alice_client: Client) -> None:
    assert "Choose a file first." in words(alice_client.post(PATH, form(alice_client, add_files="yes")))


def test_files_that_are_too_large_together_are_not_stored(alice_client: Client, alice: User) -> None:
    data = form(alice_client, files=[file(bytes(21 * 1024 * 1024))])
    assert "larger than 20 MB in total" in words(alice_client.post(PATH, data))
    assert Upload.objects.count() == 0


@pytest.mark.parametrize(
    ("button", "order"),
    [
        ({"remove_source": "1"}, [0, 2]),
        ({"remove_source": "7"}, [0, 1, 2]),
        ({"earlier": "2"}, [0, 2, 1]),
        ({"later": "0"}, [1, 0, 2]),
        ({"later": "2"}, [0, 1, 2]),
        ({"earlier": "0"}, [0, 1, 2]),
        ({"earlier": "x"}, [0, 1, 2]),
    ],
)
def test_buttons_move_and_remove(alice_client: Client, alice: User, button: Any, order: list[int]) -> None:
    ids = [uploaded(alice, colour) for colour in ("red", "green", "blue")]
    response = alice_client.post(PATH, form(alice_client, ids, **button))
    assert listed(response) == [ids[at] for at in order]
    assert "more fog</textarea>" in response.content.decode()


def test_a_change_by_htmx_returns_what_depends_on_the_sources(alice_client: Client, alice: User) -> None:
    ids = [uploaded(alice, colour) for colour in ("red", "green")]
    response = alice_client.post(PATH, form(alice_client, ids, remove_source="0"), **HTMX)
    assert response["HX-Retarget"] == "#composer-sources"
    assert response["HX-Replace-Url"] == f"{PATH}?source={ids[1]}"
    for part in ("models", "options", "ratios", "composer-foot", "prompt-label"):
        assert f'id="{part}"' in response.content.decode()
    assert 'id="prompt"' not in response.content.decode()


def test_a_mask_file_is_used_for_the_first_image(alice_client: Client, alice: User) -> None:
    base = uploaded(alice)
    data = form(alice_client, [base], mask_file=file(mask_png()))
    added = alice_client.post(PATH, {**data, "add_files": "yes"})
    assert "Only the masked part changes." in words(added)
    assert "can use a mask" in words(added)
    alice_client.post(PATH, {**data, "mask_file": file(mask_png())})
    assert [role for role, _ in links(Image.objects.get())] == ["base", "mask"]


def test_tiles_load_thumbnails_and_the_mask_editor_whole_pictures(alice_client: Client, alice: User) -> None:
    base, reference = uploaded(alice), uploaded(alice, "red")
    mask = str(uploads.store(caller_of(alice), mask_png()).pk)
    form_page = alice_client.post(PATH, form(alice_client, [base, reference], mask=mask, update_price="yes"))
    html = form_page.content.decode()
    for source in (base, reference):
        assert f'<img src="/dashboard/uploads/{source}/thumbnail"' in html
        assert f'<img src="/dashboard/uploads/{source}/picture"' not in html
    assert f'data-picture="/dashboard/uploads/{base}/picture"' in html
    assert f'data-mask="/dashboard/uploads/{mask}/picture"' in html
    # While the edit is generated, its source is shown in place of the result.
    alice_client.post(PATH, form(alice_client, [base]))
    waiting = alice_client.get(PATH, {"image": str(Image.objects.get().pk)}).content.decode()
    assert f'class="result-placeholder" src="/dashboard/uploads/{base}/thumbnail"' in waiting


@pytest.mark.django_db(transaction=True)
def test_an_upload_without_a_thumbnail_is_shown_by_its_picture(alice_client: Client, alice: User) -> None:
    base = uploaded(alice)
    # As the release before stores it.
    Upload.objects.update(thumbnail_name="")
    shown = alice_client.get(f"/dashboard/uploads/{base}/thumbnail")
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/png")
    assert shown["Content-Length"] == str(Upload.objects.get().byte_size)


def test_a_mask_of_another_size_is_explained_at_once(alice_client: Client, alice: User) -> None:
    data = form(alice_client, [uploaded(alice)], mask_file=file(mask_png(32, 32)))
    response = alice_client.post(PATH, data)
    assert "The mask is 32 x 32 pixels, but the first source is 64 x 48." in words(response)
    assert response.context["mask"] is None
    assert Image.objects.count() == 0


def test_a_mask_without_an_image_is_explained(alice_client: Client) -> None:
    response = alice_client.post(PATH, form(alice_client, mask_file=file(mask_png())))
    assert "Add the image to edit before its mask." in words(response)


def test_another_first_image_removes_the_mask_and_says_so(alice_client: Client, alice: User) -> None:
    ids = [uploaded(alice, colour) for colour in ("red", "green")]
    mask = str(uploads.store(caller_of(alice), mask_png()).pk)
    kept = alice_client.post(PATH, form(alice_client, ids, mask=mask, remove_source="1"))
    assert kept.context["mask"].source_id == mask
    response = alice_client.post(PATH, form(alice_client, ids, mask=mask, later="0"))
    assert response.context["mask"] is None
    assert source_list.MASK_REMOVED in words(response)
    removed = alice_client.post(PATH, form(alice_client, ids, mask=mask, remove_mask="yes"))
    assert removed.context["mask"] is None


def test_only_models_that_take_the_sources_are_offered(alice_client: Client, alice: User) -> None:
    CatalogueModel.objects.filter(pk="openai:gpt-image-1.5").update(max_sources=0)
    ids = [uploaded(alice, colour) for colour in ("red", "green", "blue", "gray")]
    response = alice_client.post(PATH, form(alice_client, ids, model_id=OLD, update_price="yes"))
    problems = {option.model.pk: option.problem for option in response.context["options"]}
    assert (problems[OLD], problems["openai:gpt-image-1.5"], problems[MODEL]) == ("up to 3 images", "can't edit", "")
    assert "gemini-2.5-flash: up to 3 images. Model is now gpt-image-2." in words(response)
    mask = str(uploads.store(caller_of(alice), mask_png()).pk)
    masked = alice_client.post(PATH, form(alice_client, ids[:1], mask=mask, model_id=OLD, update_price="yes"))
    assert {option.model.pk for option in masked.context["options"] if not option.problem} == set(
        CatalogueModel.objects.filter(takes_mask=True).values_list("pk", flat=True)
    )


def test_a_model_that_does_not_take_the_sources_is_refused(alice_client: Client, alice: User) -> None:
    ids = [uploaded(alice, colour) for colour in ("red", "green", "blue", "gray")]
    response = alice_client.post(PATH, form(alice_client, ids, model_id=OLD))
    assert response.status_code == 422
    assert "accepts at most 3 sources" in words(response)
    assert (listed(response), balance(alice)) == (ids, 100)


def test_more_than_four_sources_cost_a_credit_more(alice_client: Client, alice: User) -> None:
    ids = [uploaded(alice, colour) for colour in ("red", "green", "blue", "gray", "pink")]
    page = alice_client.get(PATH, {"source": ids})
    assert (page.context["selected_model"].pk, page.context["cost"]) == ("openai:gpt-image-1.5", 4)
    alice_client.post(PATH, form(alice_client, ids, shown_price="6"))
    assert balance(alice) == 94


def test_without_a_script_a_price_that_was_not_shown_is_asked_about(alice_client: Client, alice: User) -> None:
    ids = [uploaded(alice, colour) for colour in ("red", "green", "blue", "gray")]
    data = form(alice_client, ids, shown_price="5", files=[file(png(colour="pink"))])
    response = alice_client.post(PATH, data)
    assert response.status_code == 409
    assert "Check the price This image costs 6 credits." in words(response)
    assert len(listed(response)) == 5


def test_auto_is_offered_with_sources_only(alice_client: Client, alice: User) -> None:
    base = uploaded(alice)
    offered = [choice.value for choice in alice_client.get(PATH).context["ratios"].choices if choice.is_offered]
    assert "auto" not in offered
    page = alice_client.get(PATH, {"source": base})
    assert next(choice for choice in page.context["ratios"].choices if choice.is_selected).value == "auto"
    chosen = alice_client.post(PATH, form(alice_client, [base], aspect_ratio="3:2", update_price="yes"))
    assert chosen.context["composer"].aspect_ratio == "3:2"
    emptied = alice_client.post(PATH, form(alice_client, [base], remove_source="0"))
    assert emptied.context["composer"].aspect_ratio == "1:1"


def test_a_picture_of_another_user_is_refused(alice_client: Client, alice: User, bob: User) -> None:
    for foreign in (uploaded(bob), str(finished_image(bob).pk)):
        response = alice_client.post(PATH, form(alice_client, [foreign]))
        assert response.status_code == 404
        assert "was deleted or isn't in your account" in words(response)
        for name in ("picture", "thumbnail"):
            assert alice_client.get(f"/dashboard/uploads/{foreign}/{name}").status_code == 404
        assert foreign not in alice_client.get(PATH, {"source": foreign}).content.decode().replace(
            f'value="{foreign}"', ""
        )
    for name in ("edit", "reference"):
        assert alice_client.get(PATH, {name: str(finished_image(bob).pk)}).status_code == 404
    assert balance(alice) == 100


def test_an_expired_upload_is_explained_and_nothing_is_charged(alice_client: Client, alice: User) -> None:
    base = uploaded(alice)
    data = form(alice_client, [base])
    Upload.objects.update(expires_at=timezone.now())
    response = alice_client.post(PATH, data)
    assert response.status_code == 410
    assert "This upload has expired. Add it again." in words(response)
    assert "more fog</textarea>" in response.content.decode()
    assert balance(alice) == 100


def test_unfinished_and_deleted_images_say_so(alice_client: Client, alice: User) -> None:
    queued, gone = queued_image(alice), uuid.uuid4()
    page = words(alice_client.get(PATH, {"source": [str(queued.pk), str(gone), "nonsense"]}))
    assert source_list.UNFINISHED in page
    assert source_list.DELETED in page
    assert "2 of 14" in page


def test_edit_and_reference_lead_to_the_form_with_the_picture(alice_client: Client, alice: User) -> None:
    first, second = finished_image(alice), finished_image(alice)
    for path in ("/dashboard/images/", f"/dashboard/images/{first.pk}/"):
        html = alice_client.get(path).content.decode()
        assert f"{PATH}?edit={first.pk}" in html
        assert f"{PATH}?reference={first.pk}" in html
    assert listed(alice_client.get(PATH, {"edit": str(first.pk)})) == [str(first.pk)]
    assert listed(alice_client.get(PATH, {"reference": str(second.pk)})) == [str(first.pk), str(second.pk)]
    alice_client.get(PATH)
    assert listed(alice_client.get(PATH, {"reference": str(second.pk)})) == [str(second.pk)]


def test_sources_of_another_account_in_the_same_browser_are_left_out(
    alice_client: Client, alice: User, bob: User
) -> None:
    alice_client.cookies["composer_sources"] = f"{uploaded(bob)}.nonsense.{uploaded(alice)}"
    image = finished_image(alice)
    own = str(Upload.objects.get(user=alice).pk)
    assert listed(alice_client.get(PATH, {"reference": str(image.pk)})) == [own, str(image.pk)]


def test_buttons_of_a_result_keep_the_form(alice_client: Client, alice: User) -> None:
    result, base = finished_image(alice), uploaded(alice)
    html = alice_client.get(PATH, {"image": str(result.pk)}).content.decode()
    assert f'form="composer" name="edit" value="{result.pk}"' in html
    response = alice_client.post(PATH, form(alice_client, [base], reference=str(result.pk)))
    assert listed(response) == [base, str(result.pk)]
    response = alice_client.post(PATH, form(alice_client, [base], edit=str(result.pk)))
    assert listed(response) == [str(result.pk)]
    assert "more fog</textarea>" in response.content.decode()


def test_settings_of_an_edit_are_reused_with_its_sources(alice_client: Client, alice: User) -> None:
    base, mask = uploaded(alice), str(uploads.store(caller_of(alice), mask_png()).pk)
    alice_client.post(PATH, form(alice_client, [base], mask=mask))
    page = alice_client.get(PATH, {"like": str(Image.objects.get().pk)})
    assert (listed(page), page.context["mask"].source_id) == ([base], mask)


@pytest.mark.parametrize("content", [png(), SVG])
@pytest.mark.django_db(transaction=True)
def test_a_script_stores_one_file(alice_client: Client, alice: User, content: bytes) -> None:
    response = alice_client.post("/dashboard/uploads/", {"file": file(content)})
    if content == SVG:
        assert (response.status_code, Upload.objects.count()) == (422, 0)
        assert "Unusable file" in response.json()["message"]
    else:
        assert response.status_code == 201
        assert response.json() == {"id": str(Upload.objects.get(user=alice).pk)}
        picture = alice_client.get(f"/dashboard/uploads/{response.json()['id']}/picture")
        assert (picture.status_code, picture["Content-Type"]) == (200, "image/png")
        thumbnail = alice_client.get(f"/dashboard/uploads/{response.json()['id']}/thumbnail")
        assert (thumbnail.status_code, thumbnail["Content-Type"]) == (200, "image/webp")
    assert alice_client.post("/dashboard/uploads/").status_code == 422
    large = alice_client.post("/dashboard/uploads/", {"file": file(bytes(22 * 1024 * 1024))})
    assert (large.status_code, large.json()) == (413, {"message": "This file is 22 MB. The limit is 20 MB."})


def test_uploading_requires_sign_in(client: Client, db: None) -> None:
    assert client.post("/dashboard/uploads/", {"file": file(png())}).status_code == 302
    for name in ("picture", "thumbnail"):
        assert client.get(f"/dashboard/uploads/{uuid.uuid4()}/{name}").status_code == 302


def test_the_number_of_sources_does_not_change_the_number_of_queries(
    alice_client: Client, alice: User, django_assert_num_queries: Any
) -> None:
    finished = finished_image(alice)
    ids = [uploaded(alice, colour) for colour in ("red", "green", "blue")]
    for chosen in ([ids[0]], [*ids, str(finished.pk)]):
        with django_assert_num_queries(9):
            alice_client.get(PATH, {"source": chosen})
