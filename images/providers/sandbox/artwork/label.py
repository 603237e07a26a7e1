"""The plate in a lower corner that says what was asked for, and the mark that says no model was involved."""

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
PROMPT_LINES = 2
LONGEST_PROMPT = 600
ELLIPSIS = "…"
CORNER_SMOOTHING = 4

# What the two Latin font files have glyphs for, apart from a few signs that prompts do not use.
GLYPHS = (range(0x20, 0x7F), range(0xA1, 0x100), range(0x2010, 0x2028), (0x131, 0x152, 0x153, 0x2212, 0x20AC, 0x2122))


def put(picture: Image.Image, *, prompt: str, model_name: str) -> None:
    """Draw the plate and the mark onto the picture, at a size that follows from its own."""
    em = max(7.0, (picture.width * picture.height) ** 0.5 * 0.0142)
    margin = round(em * 1.5)
    _put_mark(picture, em, margin)
    _put_plate(picture, em, margin, readable(prompt), readable(model_name))


def readable(text: str) -> str:
    """The text on one line, without what the fonts cannot show; accents they lack are dropped from their letters."""
    kept = []
    for sign in unicodedata.normalize("NFC", text[:LONGEST_PROMPT]):
        if sign.isspace():
            kept.append(" ")
        elif _has_glyph(sign):
            kept.append(sign)
        else:
            kept.extend(part for part in unicodedata.normalize("NFKD", sign) if _has_glyph(part))
    return " ".join("".join(kept).split())


def _has_glyph(sign: str) -> bool:
    return any(ord(sign) in span for span in GLYPHS)


@lru_cache(maxsize=16)
def _font(name: str, size: int, weight: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(FONTS / name, size)
    font.set_variation_by_axes([weight])
    return font


def _put_mark(picture: Image.Image, em: float, margin: int) -> None:
    """A pill in the upper right corner, its letters set apart."""
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
    lines = _wrapped(prompt, text, room)
    model = _cut(model_name, code, room)
    wide = max([code.getlength(model), *(text.getlength(line) for line in lines)])
    tall = len(lines) * leading + em * 1.1 + 2 * inset_y
    bottom = picture.height - margin
    top = round(bottom - tall)
    _plate(picture, (margin, top, round(margin + wide + 2 * inset_x), bottom), em * 0.5)
    draw, x = ImageDraw.Draw(picture), margin + inset_x
    for index, line in enumerate(lines):
        draw.text((x, top + inset_y + leading * (index + 0.5)), line, font=text, fill=WHITE, anchor="lm")
    draw.text((x, bottom - inset_y - em * 0.5), model, font=code, fill=QUIET, anchor="lm")


def _wrapped(text: str, font: ImageFont.FreeTypeFont, room: float) -> list[str]:
    """At most two lines; what does not fit ends in an ellipsis."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < PROMPT_LINES - 1:
        count = _fitting(words, font, room)
        lines.append(_cut(" ".join(words[:count]), font, room))
        words = words[count:]
    return [*lines, _cut(" ".join(words), font, room)] if words else lines


def _fitting(words: list[str], font: ImageFont.FreeTypeFont, room: float) -> int:
    """How many words fit on a line, and never none."""
    count = 1
    while count < len(words) and font.getlength(" ".join(words[: count + 1])) <= room:
        count += 1
    return count


def _cut(text: str, font: ImageFont.FreeTypeFont, room: float) -> str:
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(text + ELLIPSIS) > room:
        text = text[:-1]
    return text.rstrip(" ,.;:-") + ELLIPSIS


def _plate(picture: Image.Image, box: tuple[int, int, int, int], radius: float) -> None:
    """A dark translucent plate with smooth corners."""
    left, top, right, bottom = box
    size = ((right - left) * CORNER_SMOOTHING, (bottom - top) * CORNER_SMOOTHING)
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    shape = (0, 0, size[0] - 1, size[1] - 1)
    draw.rounded_rectangle(shape, radius * CORNER_SMOOTHING, fill=round(255 * PLATE_ALPHA))
    picture.paste(PLATE, (left, top), mask.reduce(CORNER_SMOOTHING))
