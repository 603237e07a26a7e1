"""Which prompts are blank."""

import sys
import unicodedata

import pytest

from images.schemas import PictureArguments, is_blank
from infrastructure.exceptions import InvalidArguments
from infrastructure.schemas import parse

INVISIBLE = {
    "spaces": " \t\n\u00a0\u2003\u3000\u2028\u2029",
    "zero-width": "\u200b\u200c\u200d\u2060\ufeff\u180e\u00ad",
    "bidirectional marks": "\u200e\u200f\u202a\u202e\u2066\u2069\u061c",
    "controls": "\x01\x1b\x7f\x85\x9f",
    "noncharacters": "\ufdd0\ufdef\uffff\U0001fffe\U0010ffff",
    "fillers": "\u115f\u1160\u3164\uffa0\u2800",
    "selectors and joiners": "\ufe0f\ufe00\u034f\U000e0100",
    "tags": "\U000e0001\U000e0061\U000e007f",
}
VISIBLE = [
    "a",
    "海",
    "بحر",
    "समुद्र",
    "🐶",
    "👩\u200d🚀",
    "\u200b.",
    "-",
    "?",
    "\u200fאב",
    "é",
    "\U0001fae9",
    "\u200b1",
]


@pytest.mark.parametrize("text", INVISIBLE.values(), ids=INVISIBLE)
def test_a_prompt_without_a_visible_character_is_rejected(text: str) -> None:
    for prompt in (text, *text, text * 3):
        with pytest.raises(InvalidArguments, match="prompt: Must contain visible text"):
            parse(PictureArguments, {"prompt": prompt, "modelId": "openai:gpt-image-2"})


@pytest.mark.parametrize("prompt", VISIBLE)
def test_a_prompt_with_a_visible_character_is_accepted_unchanged(prompt: str) -> None:
    assert parse(PictureArguments, {"prompt": prompt, "modelId": "openai:gpt-image-2"}).prompt == prompt


def test_every_letter_digit_and_symbol_but_the_fillers_is_visible() -> None:
    blank = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code))[0] in "LNPS" and is_blank(chr(code))
    ]
    assert blank == sorted("\u115f\u1160\u2800\u3164\uffa0")
