"""The catalogue's tables: models and their prices."""

import json
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, LiteralString, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from images.catalogue.options import (
    DEFAULT_RESOLUTION,
    DEFAULT_THINKING_LEVEL,
    QUALITIES,
    RESOLUTIONS,
    THINKING_LEVELS,
    default_backgrounds,
)
from infrastructure import database

Row = TypeVar("Row", bound=models.Model)

READ: Final = """
SELECT to_jsonb(model), (
    SELECT coalesce(jsonb_agg(price ORDER BY price.id), '[]') FROM images_modelprice price
    WHERE price.model_id = model.model_id
)
FROM images_imagemodel model WHERE {condition} ORDER BY position
"""
WITH_ID: Final[LiteralString] = "model_id = %(value)s"
OF_IMAGE: Final[LiteralString] = "model_id = (SELECT model_id FROM images_image WHERE id = %(value)s)"
WITH_NAME: Final[LiteralString] = "right(model_id, length(%(value)s)) = %(value)s"


class CatalogueQuerySet(models.QuerySet["CatalogueModel"]):
    """Queries of the catalogue."""

    def with_prices(self) -> "CatalogueQuerySet":
        """Read the prices of all models in one further query."""
        return self.prefetch_related("prices")

    def find_with_prices(self, model_id: str) -> "CatalogueModel | None":
        """Return the model with this id; its prices are read in the same query."""
        return next(iter(_read(WITH_ID, model_id)), None)

    def find_of_image(self, image_id: uuid.UUID) -> "CatalogueModel | None":
        """Return the model of an image; its prices are read in the same query."""
        return next(iter(_read(OF_IMAGE, image_id)), None)

    def find_by_name(self, name: str) -> "list[CatalogueModel]":
        """Return the models with this name after the provider and a colon; their prices are read in the same query."""
        return _read(WITH_NAME, f":{name}")


def _read(condition: LiteralString, value: str | uuid.UUID) -> "list[CatalogueModel]":
    """Return the models that meet a condition, with what `prefetch_related` would read in a second query."""
    with connection.cursor() as cursor:
        cursor.execute(READ.format(condition=condition), {"value": value})
        return [_with_prices(model, prices) for model, prices in cursor.fetchall()]


def _with_prices(model_json: str, prices_json: str) -> "CatalogueModel":
    model = _from_row(CatalogueModel, json.loads(model_json))
    prices = model.prices.all()
    rows = json.loads(prices_json, parse_float=Decimal)
    prices._result_cache = [_from_row(ModelPrice, row) for row in rows]  # noqa: SLF001
    model._prefetched_objects_cache = {"prices": prices}  # type: ignore[attr-defined] # noqa: SLF001
    return model


def _from_row(model: type[Row], row: Mapping[str, Any]) -> Row:
    columns = database.columns(model)
    return model.from_db(connection.alias, columns, [row[column] for column in columns])


class CatalogueModel(models.Model):
    """One model of the catalogue. Staff can edit it without a deployment.

    Its prices determine which qualities, resolutions and thinking levels it has, and which combinations of them.
    """

    class Speed(models.TextChoices):
        """How long generation takes, as shown to users."""

        FAST = "fast"
        STANDARD = "standard"

    class Api(models.TextChoices):
        """The API that serves a model; images.providers.registry has its function."""

        OPENAI = "openai", "OpenAI"
        GOOGLE = "google", "Google"
        COMPATIBLE = "compatible", "OpenAI-compatible server"

    model_id = models.CharField("model id", max_length=100, primary_key=True)
    provider_id = models.CharField("provider id", max_length=40)
    name = models.CharField(max_length=80)
    speed = models.CharField(max_length=10, choices=Speed)
    # What the model is good at, in one sentence, for the page of all models.
    strengths = models.CharField(max_length=200, blank=True, default="", db_default="")
    api = models.CharField("API", max_length=20, choices=Api)
    # The id sent to the provider. model_id is public and stays the same if the provider renames or retires a model.
    upstream_id = models.CharField("upstream id", max_length=100)
    # Of an OpenAI-compatible server: its URL, the environment variable with its key, and the parameters it accepts.
    base_url = models.CharField("base URL", max_length=200, blank=True, default="", db_default="")
    key_variable = models.CharField(max_length=60, blank=True, default="", db_default="")
    parameters = ArrayField(models.CharField(max_length=40), default=list, db_default=[], blank=True)
    aspect_ratios = ArrayField(models.CharField(max_length=5))
    # The quality of a request that names none; empty for a model without a choice of quality.
    default_quality = models.CharField(max_length=10, blank=True, default="", db_default="")
    backgrounds = ArrayField(models.CharField(max_length=12), default=default_backgrounds, db_default=["opaque"])
    # The number of pictures that an edit may use: the edited one and references. 0 if the model cannot edit.
    max_sources = models.PositiveSmallIntegerField(default=0, db_default=0)
    takes_mask = models.BooleanField(default=False, db_default=False)
    # Further parameters of the provider's API that are fixed for the model, such as {"quality": "high"}.
    options = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(unique=True)

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        db_table = "images_imagemodel"
        verbose_name = "model"
        ordering = ("position",)
        permissions = [("switch_model", "Can enable and disable models")]

    def __str__(self) -> str:
        return self.model_id

    @property
    def qualities(self) -> list[str]:
        """The qualities to choose from, lowest first; empty for a model without a choice."""
        return self._choices("quality", QUALITIES)

    @property
    def resolutions(self) -> list[str]:
        """The resolutions to choose from, lowest first; empty for a model without a choice."""
        return self._choices("resolution", RESOLUTIONS)

    @property
    def thinking_levels(self) -> list[str]:
        """The thinking levels to choose from; empty for a model without thinking."""
        return self._choices("thinking_level", THINKING_LEVELS)

    def _choices(self, name: str, known: tuple[str, ...]) -> list[str]:
        values = {getattr(price, name) for price in self.prices.all()}
        return [value for value in known if value in values]

    @property
    def has_thinking(self) -> bool:
        return bool(self.thinking_levels)

    @property
    def sorted_prices(self) -> list["ModelPrice"]:
        """The prices by quality, resolution and thinking level, lowest first."""
        return sorted(self.prices.all(), key=lambda price: price.sort_key)

    @property
    def default_combination(self) -> tuple[str | None, str | None, str | None]:
        """Quality, resolution and thinking level without options; None where the model has no such choice."""
        return (
            (self.default_quality or None) if self.qualities else None,
            DEFAULT_RESOLUTION if self.resolutions else None,
            DEFAULT_THINKING_LEVEL if self.thinking_levels else None,
        )

    def combination(
        self, *, quality: str | None = None, resolution: str | None = None, thinking_level: str | None = None
    ) -> tuple[str | None, str | None, str | None]:
        """Return these choices with defaults in place of None; None where the model has no such choice."""
        own = self.default_combination
        return (
            own[0] and (quality or own[0]),
            own[1] and (resolution or own[1]),
            own[2] and (thinking_level or own[2]),
        )

    def price(
        self, *, quality: str | None = None, resolution: str | None = None, thinking_level: str | None = None
    ) -> "ModelPrice | None":
        """Return the price of the combination of these choices; None if the model does not offer it."""
        wanted = self.combination(quality=quality, resolution=resolution, thinking_level=thinking_level)
        return next((price for price in self.prices.all() if price.combination == wanted), None)

    @property
    def credits(self) -> int | None:
        """The price of an image without options in credits; None if staff have removed it."""
        price = self.price()
        return price.credits if price else None

    @property
    def deep_credits(self) -> int | None:
        """The price with deep thinking and no other option; None for a model without it."""
        price = self.price(thinking_level="deep") if self.has_thinking else None
        return price.credits if price else None


class ModelPrice(models.Model):
    """The price of one image for one combination of a model's options; null where the model has no such choice."""

    model = models.ForeignKey(CatalogueModel, on_delete=models.CASCADE, related_name="prices")
    quality = models.CharField(max_length=10, null=True, blank=True, choices=[(value, value) for value in QUALITIES])
    resolution = models.CharField(
        max_length=4, null=True, blank=True, choices=[(value, value) for value in RESOLUTIONS]
    )
    thinking_level = models.CharField(
        max_length=10, null=True, blank=True, choices=[(value, value) for value in THINKING_LEVELS]
    )
    credits = models.PositiveIntegerField()
    # The provider's price of the picture in US cents, visible to staff only; null until staff enter it.
    upstream_cost_cents = models.DecimalField(max_digits=8, decimal_places=3, null=True, blank=True)

    class Meta:
        verbose_name = "price"
        constraints = [
            # The ledger has no entries of zero credits.
            models.CheckConstraint(condition=models.Q(credits__gt=0), name="images_price_costs_something"),
            models.UniqueConstraint(
                fields=["model", "quality", "resolution", "thinking_level"],
                nulls_distinct=False,
                name="images_price_once",
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(value for value in self.combination if value) or "every image"

    @property
    def combination(self) -> tuple[str | None, str | None, str | None]:
        return self.quality, self.resolution, self.thinking_level

    @property
    def sort_key(self) -> tuple[int, ...]:
        known: tuple[tuple[str, ...], ...] = (QUALITIES, RESOLUTIONS, THINKING_LEVELS)
        return tuple(
            values.index(value) if value in values else -1
            for value, values in zip(self.combination, known, strict=True)
        )
