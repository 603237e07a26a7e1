"""Turn the prices of models into rows, give the models their options, and insert the models that this release adds."""

from decimal import ROUND_CEILING, Decimal

from django.db import migrations, models

# US cents per picture as the providers list them, by quality, resolution and model. Where there is no price for 2K, it
# is the mean of 1K and 4K. A deep picture is listed with the same price: what thinking adds is not known in advance.
GPT_IMAGE_2 = {
    ("low", "1K"): "0.6", ("low", "2K"): "0.9", ("low", "4K"): "1.2",
    ("medium", "1K"): "5.3", ("medium", "2K"): "7.7", ("medium", "4K"): "10.1",
    ("high", "1K"): "21.1", ("high", "2K"): "30.6", ("high", "4K"): "40.1",
}  # fmt: skip
GPT_IMAGE_2_5 = {
    ("low", "1K"): "0.59", ("low", "2K"): "0.845", ("low", "4K"): "1.1",
    ("medium", "1K"): "1.32", ("medium", "2K"): "1.96", ("medium", "4K"): "2.6",
    ("high", "1K"): "5.27", ("high", "2K"): "7.635", ("high", "4K"): "10.0",
}  # fmt: skip
COSTS = {
    "openai:gpt-image-1.5": {(None, None): "1.32"},
    "openai:gpt-image-2": GPT_IMAGE_2,
    "google:gemini-2.5-flash-image": {(None, None): "3.9"},
    "google:gemini-3.1-flash-image-preview": {
        (None, "512"): "4.5", (None, "1K"): "6.7", (None, "2K"): "10.1", (None, "4K"): "15.1",
    },
    "google:gemini-3-pro-image-preview": {(None, "1K"): "13.4", (None, "2K"): "13.4", (None, "4K"): "24"},
    "openai:gpt-image-2.5-flare": GPT_IMAGE_2_5,
    "openai:gpt-image-2.5-sunburst": GPT_IMAGE_2_5,
    "google:gemini-nano-banana-2.1": {(None, "1K"): "3.36", (None, "2K"): "5.0", (None, "4K"): "7.6"},
    "google:gemini-3.1-flash-lite-image": {(None, "1K"): "3.36"},
}  # fmt: skip

SEVEN_RATIOS = ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4"]
# From 1:3 to 3:1, OpenAI takes any ratio.
TEN_RATIOS = [*SEVEN_RATIOS, "21:9", "5:4", "4:5"]
FOURTEEN_RATIOS = [*TEN_RATIOS, "4:1", "1:4", "8:1", "1:8"]

WITHOUT_CHOICE = (None, None)
UNKNOWN_COST = {WITHOUT_CHOICE: "1"}
# The requests of the models as shipped. A row that differs is a decision of staff: its request stays fixed, and it keeps
# one price for each thinking level.
SHIPPED_REQUESTS = {
    "openai:gpt-image-1.5": ("gpt-image-2.5-flare", {"quality": "medium"}),
    "google:gemini-2.5-flash-image": ("gemini-2.5-flash-image", {}),
    "openai:gpt-image-2": ("gpt-image-2", {"quality": "medium"}),
    "google:gemini-3.1-flash-image-preview": ("gemini-3.1-flash-image", {"image_size": "1K"}),
    "google:gemini-3-pro-image-preview": ("gemini-3-pro-image", {"image_size": "1K"}),
}
SOURCES = {
    "openai:gpt-image-1.5": 14,
    "openai:gpt-image-2": 14,
    "google:gemini-2.5-flash-image": 3,
    "google:gemini-3.1-flash-image-preview": 14,
    "google:gemini-3-pro-image-preview": 14,
}
WITH_MASKS = {"openai:gpt-image-2"}

# Each with its base price and the one with deep thinking.
NEW_MODELS = [
    (
        {
            "model_id": "openai:gpt-image-2.5-flare", "api": "openai", "name": "GPT Image 2.5 Flare", "speed": "fast",
            "upstream_id": "gpt-image-2.5-flare", "aspect_ratios": TEN_RATIOS, "default_quality": "medium",
            "backgrounds": ["opaque", "transparent"], "max_sources": 14, "takes_mask": True,
        },
        2, None,
    ),
    (
        {
            "model_id": "openai:gpt-image-2.5-sunburst", "api": "openai", "name": "GPT Image 2.5 Sunburst",
            "speed": "standard", "upstream_id": "gpt-image-2.5-sunburst", "aspect_ratios": TEN_RATIOS,
            "default_quality": "medium", "backgrounds": ["opaque", "transparent"], "max_sources": 14, "takes_mask": True,
        },
        2, None,
    ),
    (
        {
            "model_id": "google:gemini-nano-banana-2.1", "api": "google", "name": "Gemini Nano Banana 2.1",
            "speed": "standard", "upstream_id": "gemini-nano-banana-2.1", "aspect_ratios": FOURTEEN_RATIOS,
            "max_sources": 14,
        },
        3, 5,
    ),
    (
        {
            "model_id": "google:gemini-3.1-flash-lite-image", "api": "google", "name": "Gemini 3.1 Flash Lite Image",
            "speed": "fast", "upstream_id": "gemini-3.1-flash-lite-image", "aspect_ratios": FOURTEEN_RATIOS,
            "max_sources": 3,
        },
        3, None,
    ),
]  # fmt: skip


def scaled(credits, cost, base_cost):
    """Return the price of a combination whose cost is known, from the price and cost of the base combination."""
    ratio = Decimal(cost) / Decimal(base_cost)
    return max(1, int((credits * ratio).to_integral_value(rounding=ROUND_CEILING)))


def prices(model, credits, deep_credits, costs, base):
    """Yield the fields of a model's prices; `base` is the combination that costs `credits`."""
    levels = [(None, credits)] if deep_credits is None else [("default", credits), ("deep", deep_credits)]
    for (quality, resolution), cost in costs.items():
        for level, base_credits in levels:
            yield {
                "model": model,
                "quality": quality,
                "resolution": resolution,
                "thinking_level": level,
                "credits": scaled(base_credits, cost, costs[base]),
                "upstream_cost_cents": Decimal(cost),
            }


def convert(apps, schema_editor):
    """Turn the prices of existing models into rows, and give the shipped ones their options."""
    CatalogueModel, ModelPrice = apps.get_model("images", "CatalogueModel"), apps.get_model("images", "ModelPrice")
    for model in CatalogueModel.objects.all():
        is_shipped = SHIPPED_REQUESTS.get(model.pk) == (model.upstream_id, model.options)
        costs, base = COSTS[model.pk] if is_shipped else UNKNOWN_COST, WITHOUT_CHOICE
        if WITHOUT_CHOICE not in costs:
            model.default_quality = model.options.get("quality", "")
            base = (model.default_quality or None, "1K")
        model.api = model.provider_id
        model.max_sources = SOURCES.get(model.pk, 0)
        model.takes_mask = model.pk in WITH_MASKS
        model.save()
        for fields in prices(model, model.credits, model.deep_credits, costs, base):
            is_deep = fields["thinking_level"] == "deep"
            entered = model.deep_upstream_cost_cents if is_deep else model.upstream_cost_cents
            if (fields["quality"], fields["resolution"]) == base and (entered is not None or not is_shipped):
                fields["upstream_cost_cents"] = entered
            ModelPrice.objects.create(**fields)


def add(apps, schema_editor):
    """Insert the models that this release adds."""
    CatalogueModel, ModelPrice = apps.get_model("images", "CatalogueModel"), apps.get_model("images", "ModelPrice")
    last = CatalogueModel.objects.aggregate(position=models.Max("position"))["position"] or 0
    for position, (fields, credits, deep_credits) in enumerate(NEW_MODELS, start=last + 1):
        model = CatalogueModel.objects.create(
            **fields,
            provider_id=fields["api"],
            position=position,
            # Of the columns that only the release before reads.
            credits=credits,
            deep_credits=deep_credits,
        )
        base = (fields.get("default_quality"), "1K")
        for price in prices(model, credits, deep_credits, COSTS[model.pk], base):
            ModelPrice.objects.create(**price)


def restore(apps, schema_editor):
    """Give the models of the release before their prices back, and remove the others."""
    CatalogueModel, ModelPrice = apps.get_model("images", "CatalogueModel"), apps.get_model("images", "ModelPrice")
    CatalogueModel.objects.exclude(pk__in=SOURCES).delete()
    for model in CatalogueModel.objects.all():
        prices = ModelPrice.objects.filter(model=model, quality=model.default_quality or None)
        base = prices.filter(models.Q(resolution="1K") | models.Q(resolution=None))
        plain = base.exclude(thinking_level="deep").first()
        deep = base.filter(thinking_level="deep").first()
        model.credits, model.upstream_cost_cents = plain.credits, plain.upstream_cost_cents
        if deep is not None:
            model.deep_credits, model.deep_upstream_cost_cents = deep.credits, deep.upstream_cost_cents
        model.save()


class Migration(migrations.Migration):
    dependencies = [("images", "0016_options")]

    operations = [
        migrations.RunPython(convert, restore),
        migrations.RunPython(add, migrations.RunPython.noop),
    ]
