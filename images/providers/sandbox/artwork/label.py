"""The label with the prompt and the model in a lower corner, and the mark that identifies a sandbox picture."""

import unicodedata
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONTS = Path(__file__).resolve().parents[4] / "static" / "vendor" / "fonts"
TEXT_FONT = "inter-latin-wght-normal.woff2"
CODE_FONT = "jetbrains-mono-latin-wght-normal.woff2"

PLATE = (20, 18, 15)
PLATE_ALPHA = 0.74
WHITE = (255, 255, 255)
QUIET = (204, 201, 195)

MARK = "SANDBOX"
# Lengths in multiples of the em: the margin around label and mark, the width of the mark, and the least room for both.
MARGIN_EMS = 1.5
MARK_EMS = 5.4
ROOM_EMS = (14, 11)
EM_MIN = 7.0
# In an area that is too small for a readable label.
EM_MIN_IN_AREA = 4.0
PROMPT_LINES = 2
LONGEST_PROMPT = 600
ELLIPSIS = "…"
CORNER_SMOOTHING = 4

# The code points with glyphs in the two Latin font files, apart from a few symbols that prompts do not use.
GLYPHS = (range(0x20, 0x7F), range(0xA1, 0x100), range(0x2010, 0x2028), (0x131, 0x152, 0x153, 0x2212, 0x20AC, 0x2122))


def put(picture: Image.Image, *, prompt: str, model_name: str, em: float | None = None) -> None:
    """Draw the label and the mark onto the picture, with an em in pixels; the default is in proportion to its size."""
    em = em or _em(picture.size)
    margin = round(em * MARGIN_EMS)
    _put_mark(picture, em, margin)
    _put_plate(picture, em, margin, readable(prompt), readable(model_name))


def em_within(size: tuple[int, int], area: tuple[int, int]) -> float:
    """Return the em for a picture of this size, reduced so that label and mark fit into an area of the picture."""
    return max(EM_MIN_IN_AREA, min(_em(size), area[0] / ROOM_EMS[0], area[1] / ROOM_EMS[1]))


def _em(size: tuple[int, int]) -> float:
    return float(max(EM_MIN, (size[0] * size[1]) ** 0.5 * 0.0142))


def readable(text: str) -> str:
    """Return the text on one line without characters that the fonts lack; missing accents are removed from letters."""
    characters = []
    for character in unicodedata.normalize("NFC", text[:LONGEST_PROMPT]):
        if character.isspace():
            characters.append(" ")
        elif _has_glyph(character):
            characters.append(character)
        else:
            characters.extend(part for part in unicodedata.normalize("NFKD", character) if _has_glyph(part))
    return " ".join("".join(characters).split())


def _has_glyph(character: str) -> bool:
    return any(ord(character) in span for span in GLYPHS)


@lru_cache(maxsize=16)
def _font(name: str, size: int, weight: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(FONTS / name, size)
    font.set_variation_by_axes([weight])
    return font


def _put_mark(picture: Image.Image, em: float, margin: int) -> None:
    """Draw a pill in the upper right corner, with letter spacing."""
    font = _font(CODE_FONT, round(em * 0.74), 600)
    gap = em * 0.09
    wide = sum(font.getlength(letter) + gap for letter in MARK) - gap
    tall = round(em * 1.75)
    right, top = picture.width - margin, margin
    left = round(right - wide - em * 1.5)
    _plate(picture, (left, top, right, top + tall), tall / 2)
    draw, x = ImageDraw.Draw(picture), left + em * 0.75
    for letter in MARK:
        draw.text((x, top + tall / 2), letter, font=font, fill=WHITE, anchor="lm")
        x += font.getlength(letter) + gap


def _put_plate(picture: Image.Image, em: float, margin: int, prompt: str, model_name: str) -> None:
    text, code = _font(TEXT_FONT, round(em), 500), _font(CODE_FONT, round(em * 0.8), 400)
    inset_x, inset_y, leading = em * 0.95, em * 0.8, em * 1.42
    room = min(picture.width - 2 * margin - 2 * inset_x, em * 31)
    lines = _wrap(prompt, text, room)
    model = _truncate(model_name, code, room)
    wide = max([code.getlength(model), *(text.getlength(line) for line in lines)])
    tall = len(lines) * leading + em * 1.1 + 2 * inset_y
    bottom = picture.height - margin
    top = round(bottom - tall)
    _plate(picture, (margin, top, round(margin + wide + 2 * inset_x), bottom), em * 0.5)
    draw, x = ImageDraw.Draw(picture), margin + inset_x
    for index, line in enumerate(lines):
        draw.text((x, top + inset_y + leading * (index + 0.5)), line, font=text, fill=WHITE, anchor="lm")
    draw.text((x, bottom - inset_y - em * 0.5), model, font=code, fill=QUIET, anchor="lm")


def _wrap(text: str, font: ImageFont.FreeTypeFont, room: float) -> list[str]:
    """Return the text in at most two lines; text that does not fit ends in an ellipsis."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < PROMPT_LINES - 1:
        count = _count_fitting(words, font, room)
        lines.append(_truncate(" ".join(words[:count]), font, room))
        words = words[count:]
    return [*lines, _truncate(" ".join(words), font, room)] if words else lines


def _count_fitting(words: list[str], font: ImageFont.FreeTypeFont, room: float) -> int:
    """Return how many words fit on a line, at least one."""
    count = 1
    while count < len(words) and font.getlength(" ".join(words[: count + 1])) <= room:
        count += 1
    return count


def _truncate(text: str, font: ImageFont.FreeTypeFont, room: float) -> str:
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(text + ELLIPSIS) > room:
        text = text[:-1]
    return text.rstrip(" ,.;:-") + ELLIPSIS


def _plate(picture: Image.Image, box: tuple[int, int, int, int], radius: float) -> None:
    """Draw a dark translucent rectangle with rounded corners."""
    left, top, right, bottom = box
    size = ((right - left) * CORNER_SMOOTHING, (bottom - top) * CORNER_SMOOTHING)
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    shape = (0, 0, size[0] - 1, size[1] - 1)
    draw.rounded_rectangle(shape, radius * CORNER_SMOOTHING, fill=round(255 * PLATE_ALPHA))
    picture.paste(PLATE, (left, top), mask.reduce(CORNER_SMOOTHING))
