"""Template filter for the space of a picture."""

from django import template

from images.models import Image, Upload
from images.templatetags.image_format import ratio_class
from website.dashboard import shapes

register = template.Library()


@register.filter
def shape_class(picture: Image | Upload) -> str:
    """Return the CSS class that reserves the space of a picture before it loads.

    The class `is-whole` shows a picture of any shape whole in its space.
    """
    name = ratio_class(shapes.shown_ratio(picture))
    return f"{name} is-whole" if shapes.is_any_shape(picture) else name
