import pytest

from infrastructure import json_bytes


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 200_000 + b"]" * 200_000, b'{"a":' * 200_000], ids=len)
def test_what_is_no_json_or_nested_too_deeply_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each parser has a text of its own
        json_bytes.decode(content)


def test_half_of_a_surrogate_pair_is_decoded_and_encoded() -> None:
    assert json_bytes.decode(json_bytes.encode({"a": "\ud83d"})) == {"a": "\ud83d"}
