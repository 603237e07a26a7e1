"""URLs of the OpenAI-compatible API below /api/openai/v1/."""

from django.urls import path, re_path

from api.openai_compatible import model_list
from api.openai_compatible.base_view import UnknownEndpoint
from api.openai_compatible.edits import Edits
from api.openai_compatible.generations import Generations

urlpatterns = [
    path("images/generations", Generations.as_view(), name="openai-generations"),
    path("images/edits", Edits.as_view(), name="openai-edits"),
    path("models", model_list.Models.as_view(), name="openai-models"),
    path("models/<str:name>", model_list.OneModel.as_view(), name="openai-model"),
    re_path(r"", UnknownEndpoint.as_view(), name="openai-nothing"),
]
