"""The pictures of the sandbox provider, which depend on the prompt, the model, the size and the options alone."""

from PIL import Image

from images.providers.sandbox.artwork import composition, label, sticker
from images.providers.sandbox.artwork.composition import paint

__all__ = ["paint", "render"]


def render(
    *, prompt: str, model_name: str, size: tuple[int, int], quality: str | None = None, transparent: bool = False
) -> Image.Image:
    """Return a labelled picture of exactly `size` (width, height in pixels); equal requests give equal pixels.

    Args:
        prompt: Selects the scene and is the text of the label.
        model_name: The second line of the label.
        size: Width and height in pixels.
        quality: "low", "medium" or "high", which changes the detail of the same scene; None is "medium".
        transparent: Whether the scene is a sticker on a transparent surround, in RGBA; otherwise the picture is RGB.
    """
    picture = composition.paint_in_quality(prompt=prompt, model_name=model_name, size=size, quality=quality)
    if transparent:
        picture = sticker.cut_out(picture)
    label.put(picture, prompt=prompt, model_name=model_name)
    return picture
