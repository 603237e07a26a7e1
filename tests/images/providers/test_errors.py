import pytest

from images.providers import errors


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Refused.\n  Twice.", "Refused. Twice."),
        ("Refused. Quote the request ID abc-1. Bye!", "Refused. Bye!"),
        ("Refused: req_0a1b2c.", ""),
        (None, ""),
        ({"text": "Refused."}, ""),
    ],
)
def test_an_excerpt_is_one_line_without_request_ids(text: object, line: str) -> None:
    assert errors.excerpt(text) == line


def test_an_excerpt_is_short() -> None:
    assert len(errors.excerpt("word " * 1000)) <= errors.EXCERPT_MAX_CHARACTERS
