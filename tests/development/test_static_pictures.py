"""The bitmaps of the site's mark."""

from PIL import Image

from development import static_pictures


def test_the_bitmap_shows_what_the_svg_shows() -> None:
    picture = static_pictures.paint(100)
    # Outside the rounded corner, the tile, the sun and the hills.
    colours = [picture.getpixel(place) for place in ((1, 1), (50, 5), (68, 31), (45, 68))]
    assert colours == [(0, 0, 0, 0), (27, 25, 22, 255), (78, 193, 163, 255), (251, 250, 248, 255)]


def test_the_files_are_as_large_as_they_are_asked_for(settings: object) -> None:
    folder = settings.BASE_DIR / "static"  # type: ignore[attr-defined]
    with Image.open(folder / "apple-touch-icon.png") as touch, Image.open(folder / "favicon.ico") as icon:
        assert touch.size == (static_pictures.TOUCH_ICON_PIXELS,) * 2
        assert {width for width, _ in icon.info["sizes"]} == set(static_pictures.FAVICON_PIXELS)
