"""A model's folder: model.txt, its trees, and signature.json, what they read and were made of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ontime.core.model.model import Model
from ontime.core.model.signature import TrainedSignature
from ontime.errors import OntimeError, validated
from ontime.io.atomic import write_text
from ontime.io.formats import read_json, read_text, write_json

TREES, SIGNATURE = "model.txt", "signature.json"
FETCH_AGAIN = "Fetch it again (dvc pull, or dvc checkout), or make it anew (dvc repro)"


def read_model(folder: Path) -> Model:
    """Raises OntimeError where trees or signature are missing, broken or do not fit."""
    if folder.is_file():
        raise OntimeError(f"{folder} is no folder: expected one with {TREES} and {SIGNATURE}")
    text, signature = read_text(folder / TREES), read_json(folder / SIGNATURE)
    try:
        return Model.load(text, signature)
    except OntimeError as error:
        raise OntimeError(f"{folder}/{error}\n{FETCH_AGAIN}") from error


def read_signature(folder: Path) -> TrainedSignature:
    """The signature of a model that the stage train made. Raises OntimeError with every key that is wrong."""
    path = folder / SIGNATURE
    return validated(TrainedSignature, read_json(path), f"{path}: expected the signature of a model of the stage train")


def write_model(model: Model, folder: Path, record: Mapping[str, Any] | None = None) -> None:
    """Trees and signature, as `read_model` finds them; record: what else the signature holds."""
    write_text(model.text, folder / TREES)
    write_json(model.signature() | dict(record or {}), folder / SIGNATURE)
