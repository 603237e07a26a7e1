"""Content credentials are found in every file format, and survive where a picture's bytes need no change."""

import struct
import zlib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.models import User
from images import generation
from images.models import Image
from images.pictures import content_credentials, plain_png, raster
from images.schemas import GenerationArguments
from images.storage import files
from tests.concurrency import eventually
from tests.factories import caller_of, encoded_picture
from tests.images.providers import responses
from tests.images.providers.stand_in import ProviderStandIn

# A JUMBF superbox with a description box of the type "c2pa", without a signature.
MANIFEST = struct.pack(">I4sI4s", 38, b"jumb", 30, b"jumd") + b"c2pa\0\x11\0\x10\x80\0\0\xaa\08\x9bq\x03c2pa\0"
FORMATS = ["PNG", "JPEG", "WEBP"]
STARTS = [b"", plain_png.SIGNATURE, content_credentials.JPEG_START, b"RIFF\0\0\0\0WEBP"]


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def with_manifest(picture_format: str, *, size: tuple[int, int] = (300, 200), manifest: bytes = MANIFEST) -> bytes:
    """Return a picture with a manifest where the C2PA specification stores it."""
    content = encoded_picture(*size, picture_format)
    match picture_format:
        case "PNG":
            # After the signature and the first chunk.
            return content[:33] + png_chunk(b"caBX", manifest) + content[33:]
        case "JPEG":
            # After the start and the APP0 segment. A segment begins with "JP", the box instance and the packet.
            end = 4 + struct.unpack_from(">H", content, 4)[0]
            data = b"JP" + struct.pack(">HI", 1, 1) + manifest
            return content[:end] + b"\xff\xeb" + struct.pack(">H", len(data) + 2) + data + content[end:]
        case _:
            chunk = struct.pack("<4sI", b"C2PA", len(manifest)) + manifest + b"\0" * (len(manifest) % 2)
            return b"RIFF" + struct.pack("<I", len(content) - 8 + len(chunk)) + content[8:] + chunk


@pytest.mark.parametrize("picture_format", FORMATS)
def test_a_manifest_is_found(picture_format: str) -> None:
    assert content_credentials.has_manifest(with_manifest(picture_format))


@pytest.mark.parametrize("picture_format", FORMATS)
@pytest.mark.parametrize("manifest", [MANIFEST, MANIFEST + b"\0"], ids=["even", "odd"])
def test_a_manifest_of_any_length_is_found(picture_format: str, manifest: bytes) -> None:
    assert content_credentials.has_manifest(with_manifest(picture_format, manifest=manifest))


@pytest.mark.parametrize("picture_format", FORMATS)
def test_a_picture_without_a_manifest_has_no_credentials(picture_format: str) -> None:
    assert not content_credentials.has_manifest(encoded_picture(300, 200, picture_format))


@pytest.mark.parametrize("picture_format", FORMATS)
def test_bytes_after_the_picture_are_ignored(picture_format: str) -> None:
    assert content_credentials.has_manifest(with_manifest(picture_format) + b"trailing")
    assert not content_credentials.has_manifest(encoded_picture(300, 200, picture_format) + b"\0" * 5)


@pytest.mark.parametrize("name", [b"caBX", b"C2PA", b"\xff\xebjumb"])
@pytest.mark.parametrize("picture_format", FORMATS)
def test_a_name_after_the_picture_is_no_manifest(picture_format: str, name: bytes) -> None:
    assert not content_credentials.has_manifest(encoded_picture(300, 200, picture_format) + name * 4)


@pytest.mark.parametrize(("picture_format", "name"), [("PNG", b"caBX"), ("WEBP", b"C2PA")])
def test_a_name_in_another_chunk_is_no_manifest(picture_format: str, name: bytes) -> None:
    content = with_manifest(picture_format, manifest=b"\0" * 8)
    other = content.replace(name, b"teXt").replace(b"\0" * 8, name * 2)
    assert name in other
    assert not content_credentials.has_manifest(other)


def test_a_jpeg_segment_for_other_data_is_no_manifest() -> None:
    other = with_manifest("JPEG").replace(b"jumb", b"cbmj")
    assert not content_credentials.has_manifest(other)
    assert not content_credentials.has_manifest(with_manifest("JPEG").replace(b"\xff\xeb", b"\xff\xec"))


def test_a_jpeg_segment_after_the_image_data_is_no_manifest() -> None:
    content = encoded_picture(300, 200, "JPEG")
    segment = b"\xff\xeb" + struct.pack(">H", len(MANIFEST) + 2) + MANIFEST
    assert not content_credentials.has_manifest(content[:-2] + segment + content[-2:])


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"caBX", *STARTS])
def test_other_bytes_have_no_credentials(content: bytes) -> None:
    assert not content_credentials.has_manifest(content)


@pytest.mark.parametrize("picture_format", FORMATS)
def test_a_file_may_end_anywhere(picture_format: str) -> None:
    content = with_manifest(picture_format)
    for end in range(len(content)):
        content_credentials.has_manifest(content[:end])


@given(st.sampled_from(STARTS), st.binary(max_size=400))
@example(plain_png.SIGNATURE, b"\xff" * 40)
@example(plain_png.SIGNATURE, b"\0" * 40)
@example(content_credentials.JPEG_START, b"\xff\xe0\0\0" * 10)
@example(STARTS[-1], b"\0" * 41)
def test_any_bytes_have_credentials_or_not(start: bytes, rest: bytes) -> None:
    assert content_credentials.has_manifest(start + rest) in {True, False}


@given(
    st.sampled_from([with_manifest(picture_format, size=(64, 64)) for picture_format in FORMATS]),
    st.lists(st.tuples(st.floats(0, 0.999), st.binary(max_size=6)), min_size=1, max_size=5),
)
def test_a_damaged_file_has_credentials_or_not(content: bytes, damages: list[tuple[float, bytes]]) -> None:
    damaged = bytearray(content)
    for position, replacement in damages:
        start = int(position * len(damaged))
        damaged[start : start + len(replacement)] = replacement
    assert content_credentials.has_manifest(bytes(damaged)) in {True, False}


@pytest.mark.parametrize("picture_format", FORMATS)
@pytest.mark.parametrize("has_format", [True, False])
def test_a_picture_with_credentials_keeps_its_bytes(picture_format: str, has_format: bool) -> None:
    content = with_manifest(picture_format)
    output_format = picture_format.lower() if has_format else None
    assert raster.prepare(content, "3:2", output_format=output_format).content == content


@pytest.mark.parametrize("picture_format", FORMATS)
def test_a_cropped_picture_has_no_credentials(picture_format: str) -> None:
    assert not content_credentials.has_manifest(raster.prepare(with_manifest(picture_format), "1:1").content)


@pytest.mark.parametrize("picture_format", FORMATS)
@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_a_converted_picture_has_no_credentials(picture_format: str, output_format: str) -> None:
    content = with_manifest(picture_format)
    converted = raster.prepare(content, "3:2", output_format=output_format).content
    assert content_credentials.has_manifest(converted) == (picture_format.lower() == output_format)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("picture_format", FORMATS)
@pytest.mark.parametrize(
    ("size", "fields", "kept"),
    [
        ((1024, 1024), {}, True),
        ((900, 300), {}, False),
        ((1024, 1024), {"outputFormat": "another"}, False),
    ],
    ids=["unchanged", "cropped", "converted"],
)
def test_an_image_reports_credentials_if_its_stored_bytes_have_them(
    provider: ProviderStandIn, alice: User, picture_format: str, size: tuple[int, int], fields: Any, kept: bool
) -> None:
    content = with_manifest(picture_format, size=size)
    provider.respond_with(responses.content(content))
    if fields:
        fields = {"outputFormat": "png" if picture_format != "PNG" else "webp"}
    arguments = {"prompt": "a lake", "modelId": "openai:gpt-image-2", "aspectRatio": "1:1", **fields}
    image = generation.request(caller_of(alice), GenerationArguments.model_validate(arguments)).image
    eventually(lambda: Image.objects.unfinished().count() == 0)
    image.refresh_from_db()
    assert (image.status, image.error_message) == (Image.Status.SUCCEEDED, "")
    assert image.has_content_credentials is kept
    assert (files.read(image.picture_name) == content) is kept
