"""A dataset -> the OpenAPI document of its service, without one that runs."""

from types import SimpleNamespace
from typing import Any

from ontime.dataset.dataset import Dataset
from ontime.service.app import make_app
from ontime.service.edge.openapi_changes import dump_openapi
from ontime.service.schemas import schemas_of


def openapi_document(dataset: Dataset) -> str:
    """The document as it stands in git. Raises OntimeError where the dataset declares no messages of its rows."""
    declared: Any = SimpleNamespace(live=SimpleNamespace(dataset=dataset), schemas=schemas_of(dataset))
    return dump_openapi(make_app(declared))
