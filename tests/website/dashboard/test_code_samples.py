"""The code of the composer's settings: each program runs and requests what the form would."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from images.models import Image, ImageSource
from images.uploads import uploads
from tests.factories import caller_of, finished_image
from tests.images.upload_files import mask_png, png
from tests.rendered import words
from tests.web_server import Server
from tests.website.docs.samples import program
from tests.worker_thread import WorkerThread
from website.dashboard.generate.code_samples import CodeSample

PATH = "/dashboard/generate/"
# Characters that each of the languages treats specially.
PROMPT = "It's \"a lake\" at $HOME,\n`whoami` \\n {{ x }} 'quoted' </script> é 🦊"
TIMEOUT_SECONDS = 120
SETTINGS = {
    "show_code": "yes",
    "model_id": "openai:gpt-image-2",
    "prompt": PROMPT,
    "style": "ink & 'wash'",
    "aspect_ratio": "3:2",
    "quality": "low",
    "resolution": "1K",
    "background": "opaque",
    "output_format": "webp",
    "count": "2",
}

Run = Callable[[CodeSample], str]


@pytest.fixture
def run(transactional_db: None, server: Server, alices_key: str, tmp_path: Path, settings: Any) -> Run:
    """Run a program with Alice's key in an empty folder, and return its output."""
    settings.SITE_URL = server.url
    commands = {"Terminal": [program("bash"), "-eu"], "image.py": [sys.executable], "image.mjs": ["node"]}

    def run(sample: CodeSample) -> str:
        file = tmp_path / (sample.title if "." in sample.title else "terminal.sh")
        file.write_text(sample.text)
        process = subprocess.run(
            [*commands[sample.title], file],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GET_IMAGES_API_KEY": alices_key},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        assert process.returncode == 0, process.stderr
        return process.stdout

    return run


def samples(client: Client, user: User, **values: Any) -> dict[str, CodeSample]:
    """Return the programs for the settings, by their name in the URL."""
    client.force_login(user, backend="accounts.backends.ModelBackend")
    response = client.post(PATH, {**SETTINGS, **values})
    return {sample.slug: sample for sample in response.context["code_samples"]}


def requested(image: Image) -> dict[str, Any]:
    """Return what a program requested, by the names of the form."""
    return {name: getattr(image, name) for name in SETTINGS if name not in {"show_code", "count"}}


@pytest.mark.needs_node
@pytest.mark.django_db(transaction=True)
def test_every_program_requests_what_the_form_would(
    client: Client, alice: User, run: Run, worker: WorkerThread, tmp_path: Path
) -> None:
    program("node")
    form = {name: value for name, value in SETTINGS.items() if name not in {"show_code", "count"}}
    for slug, sample in samples(client, alice).items():
        run(sample)
        images = Image.objects.all()
        assert [requested(image) for image in images] == [form, form], slug
        assert {image.api_key_name for image in images} == {"Laptop"}, slug
        Image.objects.all().delete()
    # The programs that save files, two each: image-1.webp and image-2.webp.
    assert len(list(tmp_path.glob("image-*.webp"))) == 2


@pytest.mark.django_db(transaction=True)
def test_an_edit_uses_the_same_sources_and_mask(client: Client, alice: User, run: Run, worker: WorkerThread) -> None:
    image = finished_image(alice, "the source")
    reference = uploads.store(caller_of(alice), png())
    mask = uploads.store(caller_of(alice), mask_png(image.width or 0, image.height or 0))
    values = {"source": [str(image.pk), str(reference.pk)], "mask": str(mask.pk), "aspect_ratio": "auto", "count": "1"}
    built = samples(client, alice, **values)
    for slug in ("curl", "openai", "mcp"):
        run(built[slug])
        edit = Image.objects.exclude(pk=image.pk).get()
        roles = ImageSource.objects.filter(image=edit).values_list("role", flat=True)
        assert (edit.aspect_ratio, edit.prompt, list(roles)) == ("auto", PROMPT, ["base", "reference", "mask"]), slug
        edit.delete()


@pytest.mark.django_db
def test_what_openais_sdk_cannot_express_is_named(client: Client, alice: User) -> None:
    deep = samples(client, alice, model_id="google:gemini-3-pro-image-preview", thinking_level="deep", quality="")
    assert (deep["openai"].text, "deep thinking" in deep["openai"].problem) == ("", True)
    assert '"thinkingLevel": "deep"' in deep["curl"].text


@pytest.mark.django_db
def test_the_form_stays_as_it_is_and_nothing_is_charged(client: Client, alice: User) -> None:
    client.force_login(alice, backend="accounts.backends.ModelBackend")
    page = client.post(PATH, SETTINGS)
    assert page.status_code == 200
    assert page.context["composer"].prompt == PROMPT
    assert "sk_…" in words(page)
    part = client.post(PATH, SETTINGS, headers={"hx-request": "true"})
    assert (part.headers["HX-Retarget"], part.text.lstrip()[:7]) == ("#code", "<dialog")
    assert not Image.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"prompt": " "}, "Enter a prompt."),
        ({"count": "9"}, "Choose 1 to 4 images."),
        ({"source": "6a1f0c9e-2f55-4c0b-b3a8-5d1f5a4c9e02"}, "This image was deleted. Remove it."),
    ],
)
def test_an_invalid_form_shows_its_problems_in_place_of_code(
    client: Client, alice: User, values: dict[str, str], problem: str
) -> None:
    client.force_login(alice, backend="accounts.backends.ModelBackend")
    page = client.post(PATH, {**SETTINGS, **values})
    assert "code_samples" not in page.context
    assert problem in words(page)


@pytest.mark.django_db
def test_the_link_of_a_model_selects_it(client: Client, alice: User) -> None:
    client.force_login(alice, backend="accounts.backends.ModelBackend")
    for model_id in ("google:gemini-2.5-flash-image", "openai:gpt-image-2"):
        assert client.get(PATH, {"model": model_id}).context["composer"].model_id == model_id
    assert client.get(PATH, {"model": "nothing"}).status_code == 200
