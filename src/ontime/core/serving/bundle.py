"""What answers, as one thing with one version: trees and what they read, a fallback, conformal bounds, costs."""

from __future__ import annotations

from dataclasses import dataclass

from ontime.core.evaluation.conformal import Calibration
from ontime.core.features.table import declared_features
from ontime.core.model.climatology import Climatology
from ontime.core.model.model import Model
from ontime.dataset.features import FeatureSet
from ontime.errors import ModelUnfitError
from ontime.params import Costs


@dataclass(frozen=True)
class Bundle:
    """What answers.

    version: 12 hex digits of a hash of all the rest; answers, the ledger, the loop and lineage name it so.
    lead_hours: how long before a row starts its probability is meant to be read.
    fallback: what answers where the model cannot. calibration: of the conformal sets, at this lead.
    """

    version: str
    model: Model
    lead_hours: float
    fallback: Climatology
    calibration: Calibration
    costs: Costs


def check_bundle(bundle: Bundle, features: FeatureSet) -> None:
    """Raises ModelUnfitError with everything that a bundle reads and a dataset does not declare."""
    declared = {feature.name: feature.dtype for feature in declared_features(features)}
    wanted = {name: f"{name}: {dtype}" for name, dtype in bundle.model.inputs.types.items()}
    wrong = [words for name, words in wanted.items() if declared.get(name) != bundle.model.inputs.types[name]]
    own = {feature.name for feature in features.own}
    absent = [f"{name}, by which the fallback counts" for name in bundle.fallback.keys if name not in own]
    if wrong or absent:
        raise ModelUnfitError(
            f"bundle {bundle.version}: expected features of docs/features.md, found {', '.join([*wrong, *absent])}: "
            "take the bundle that was made with this dataset, or make it anew (dvc repro bundle)"
        )
