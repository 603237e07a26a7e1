"""The bitmaps of the logo."""

from PIL import Image

from development import static_pictures


def test_the_bitmap_matches_the_svg() -> None:
    picture = static_pictures.draw_logo(100)
    # A point outside the rounded corner, one in the tile, one in the sun and one in the hills.
    colours = [picture.getpixel(point) for point in ((1, 1), (50, 5), (68, 31), (45, 68))]
    assert colours == [(0, 0, 0, 0), (27, 25, 22, 255), (78, 193, 163, 255), (251, 250, 248, 255)]


def test_the_files_have_the_declared_sizes(settings: object) -> None:
    folder = settings.BASE_DIR / "static"  # type: ignore[attr-defined]
    with Image.open(folder / "apple-touch-icon.png") as touch, Image.open(folder / "favicon.ico") as icon:
        assert touch.size == (static_pictures.TOUCH_ICON_PIXELS,) * 2
        assert {width for width, _ in icon.info["sizes"]} == set(static_pictures.FAVICON_PIXELS)
