"""A bundle's folder: the parts that answer, of which its version is a hash; a list of them; what lies beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic.dataclasses import dataclass

from ontime.core.evaluation.conformal import ConformalBounds
from ontime.core.model.climatology import Climatology
from ontime.core.serving.bundle import Bundle
from ontime.errors import ModelUnfitError, OntimeError
from ontime.io.atomic import write_bytes, write_text
from ontime.io.formats import read_bytes, read_record, write_json
from ontime.io.hashes import HASH_DIGITS
from ontime.io.model_files import FETCH_AGAIN, SIGNATURE, TREES, read_model, read_signature
from ontime.params import Costs

FALLBACK, CONFORMAL, COSTS = "fallback.json", "conformal.json", "costs.json"
ANSWERING = (TREES, SIGNATURE, FALLBACK, CONFORMAL, COSTS)  # the parts that the version is a hash of
REFERENCE, CARD = "reference.json", "model_card.md"  # beside them
LIST = "bundle.json"


@dataclass(frozen=True)
class PartList:
    """What bundle.json holds: the version, and the SHA-256 of each part that answers, by the name of its file."""

    version: str
    parts: dict[str, str]


def write_bundle(folder: Path, candidate: Path, bounds: Mapping[str, Any], costs: Costs) -> Bundle:
    """A model as the stage train left it, conformal bounds and costs, as one bundle; the reference beside it."""
    for name in (TREES, SIGNATURE, FALLBACK, REFERENCE):
        write_bytes(read_bytes(candidate / name), folder / name)
    write_json(bounds, folder / CONFORMAL)
    write_json(asdict(costs), folder / COSTS)
    parts = _hashes(folder)
    write_json(asdict(PartList(_version(parts), parts)), folder / LIST)
    return read_bundle(folder)


def write_card(text: str, folder: Path) -> None:
    """The card of a bundle."""
    write_text(text, folder / CARD)


def read_bundle(folder: Path) -> Bundle:
    """Raises ModelUnfitError, with the name of each part, where one is missing, cut off, changed or does not fit."""
    try:
        _check_parts(folder)
        bundle = _bundle(folder)
        _check_parts(folder)  # nobody copied another one in meanwhile
    except OntimeError as error:
        text = str(error)
        raise ModelUnfitError(text if FETCH_AGAIN in text else f"{text}\n{FETCH_AGAIN}") from error
    return bundle


def _check_parts(folder: Path) -> None:
    """Are all parts those that the version was made of?"""
    if not folder.is_dir():
        raise OntimeError(f"{folder}: expected a folder with {LIST}, found none")
    listed, parts = read_record(PartList, folder / LIST), _hashes(folder)
    if wrong := [name for name in ANSWERING if listed.parts.get(name) != parts[name]]:
        raise OntimeError(f"{folder}: expected the parts that {LIST} lists, found another {', '.join(wrong)}")
    if listed.version != _version(parts):
        raise OntimeError(f"{folder / LIST}: expected the version {_version(parts)}, found {listed.version}")


def _bundle(folder: Path) -> Bundle:
    bounds, signature = read_record(ConformalBounds, folder / CONFORMAL), read_signature(folder)
    if bounds.lead_hours != signature.lead_hours:
        raise OntimeError(
            f"{folder / CONFORMAL}: expected bounds of answers {signature.lead_hours:g} hours ahead, as the model "
            f"gives, found {bounds.lead_hours:g}"
        )
    return Bundle(
        version=read_record(PartList, folder / LIST).version,
        model=read_model(folder),
        lead_hours=signature.lead_hours,
        fallback=read_record(Climatology, folder / FALLBACK),
        calibration=bounds.calibration,
        costs=read_record(Costs, folder / COSTS),
    )


def _hashes(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256(read_bytes(folder / name)).hexdigest() for name in ANSWERING}


def _version(parts: Mapping[str, str]) -> str:
    lines = "".join(f"{name} {parts[name]}\n" for name in ANSWERING)
    return hashlib.sha256(lines.encode()).hexdigest()[:HASH_DIGITS]
