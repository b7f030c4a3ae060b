"""The second dataset with parts replaced, and its way from raw tables to features without files."""

import itertools
import sys
from dataclasses import replace
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from toy.contracts import DEPOTS, PARCELS
from toy.features import FEATURES
from toy.messages import MESSAGES
from toy.protocol import PROTOCOL
from toy.slices import SLICES
from toy.source import read
from toy.stress import STRESS

from ontime.core.contract.row_rules import derived_frame
from ontime.core.features.table import build
from ontime.dataset.dataset import Dataset
from ontime.dataset.flaws import DeclarationError
from ontime.dataset.story import Story

NUMBER = itertools.count()  # of a module of its own for each dataset
SOUND = {
    "read": read,
    "tables": (DEPOTS, PARCELS),
    "features": FEATURES,
    "slices": SLICES,
    "stress": STRESS,
    "messages": MESSAGES,
    "protocol": PROTOCOL,
    "story": Story(),
}


def toy_with(**parts: object) -> Dataset:
    """The second dataset, with a story, and some parts replaced."""
    module = ModuleType(f"toy_replaced_{next(NUMBER)}")
    vars(module).update(SOUND | parts)
    sys.modules[module.__name__] = module
    return Dataset("toy", {part: f"{module.__name__}:{part}" for part in SOUND})


def featurized(dataset: Dataset) -> pd.DataFrame:
    """The features of two months, by way of the dataset's own functions alone."""
    tables = clean_tables(dataset)
    return build(dataset.features, tables, tables, 1.0)


def flaws_in_words(dataset: Dataset) -> str:
    """What is said of a dataset whose features cannot be computed."""
    with pytest.raises(DeclarationError) as error:
        featurized(dataset)
    return str(error.value)


def clean_tables(dataset: Dataset) -> dict[str, pd.DataFrame]:
    """The clean tables of two months that the features read."""
    parcels = [part.frame for part in dataset.read("1", "2020-02") if part.table == "parcels"]
    clean = pd.concat([derived_frame(dataset.tables[1], frame, {}) for frame in parcels], ignore_index=True)
    return {"parcels": clean.assign(lost_from=pd.Series(index=clean.index, dtype="str"))}


def features(**changes: Any) -> dict[str, Any]:
    return {"features": replace(FEATURES, **changes)}


def parcels(**changes: Any) -> dict[str, Any]:
    return {"tables": (DEPOTS, replace(PARCELS, **changes))}


def one_missing(values: pd.Series) -> pd.Series:
    return values.mask(values.index == values.index[5])
