"""Views of the models, and the model that a request names."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import Caller
from api import request_parsing
from api.openai_compatible.base_view import OpenAiView
from api.openai_compatible.errors import ModelNotFound
from images.catalogue import availability
from images.models import CatalogueModel
from infrastructure import database
from infrastructure.schemas import NoArguments, parse


class Models(OpenAiView):
    """`GET models`."""

    async def get(self, request: Request) -> Response:
        parse(NoArguments, request_parsing.query_fields(request))
        models = await database.run_blocking(_usable_models, self.caller)
        return Response({"object": "list", "data": [_model_json(model) for model in models]})


class OneModel(OpenAiView):
    """`GET models/{id}`."""

    async def get(self, request: Request, name: str) -> Response:
        parse(NoArguments, request_parsing.query_fields(request))
        return Response(_model_json(await database.run_blocking(find, name)))


def find(name: str) -> CatalogueModel:
    """Return the model with this id, or with this name after the colon of its id.

    Raises:
        ModelNotFound: There is no such model, or several providers have one with this name.
    """
    models = availability.find(name)
    if len(models) != 1:
        candidates = models or CatalogueModel.objects.all()
        raise ModelNotFound([model.model_id for model in candidates])
    return models[0]


def _usable_models(caller: Caller) -> list[CatalogueModel]:
    allowed = caller.key.allowed_models if caller.key else None
    return [
        model
        for model in CatalogueModel.objects.with_prices()
        if availability.is_available(model) and (allowed is None or model.model_id in allowed)
    ]


def _model_json(model: CatalogueModel) -> dict[str, Any]:
    # The catalogue does not record when a model was added. The field is required in OpenAI's API.
    return {"id": model.model_id, "object": "model", "created": 0, "owned_by": model.provider_id}
