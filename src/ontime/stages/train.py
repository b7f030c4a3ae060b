"""data/features/ -> data/models/candidate/: the model, what it reads, what drift is measured against, a fallback."""

import logging
from dataclasses import asdict

from dvclive import Live

from ontime.core.features.table import KEYS, model_features
from ontime.core.model.climatology import fit_climatology
from ontime.core.model.model import Model
from ontime.core.model.split import TrainingData, split_months, training_data
from ontime.core.model.training import RoundSearch, refit_model, search_rounds
from ontime.core.profiles.reference import ReferenceProfile
from ontime.dataset.dataset import Dataset
from ontime.io.atomic import stage_draft
from ontime.io.checkpoints import stage_checkpoints
from ontime.io.formats import write_json
from ontime.io.hashes import content_hash
from ontime.io.model_files import write_model
from ontime.io.month_files import months, read_months
from ontime.io.paths import Files
from ontime.params import Features, Split, Train

log = logging.getLogger(__name__)


def run(dataset: Dataset, files: Files, features: Features, split: Split, train: Train) -> None:
    """Learn from what was known when the test window began. Killed and run again, it goes on where it was."""
    types = model_features(dataset.features, train.leave_out)
    windows = split_months(months(files.features), split)
    rows = read_months(files.features, windows.before_test, [*KEYS, *{**types, **dataset.features.climate}])
    data = training_data(rows, windows.test[0], split, features.lead_hours)
    version = content_hash(files.features)
    with (
        stage_draft(files, "train", files.candidate) as draft,
        stage_checkpoints(files, "train", data=version, features=features, split=split, train=train) as checkpoints,
        Live(dir=str(files.train_curves), save_dvc_exp=False, dvcyaml=None, report=None) as live,
    ):
        search = search_rounds(data, types, train, checkpoints, lambda _, *losses: _show(live, *losses))
        model = refit_model(data, types, search.rounds, train, checkpoints)
        record = {
            "rounds": search.rounds,
            "rows": len(data.known),
            "lead_hours": features.lead_hours,
            "outcome": dataset.features.outcome,
            "params": asdict(train) | asdict(split),
            "data": version,
        }
        write_model(model, draft.candidate, record)
        write_json(_reference(data, search, model), draft.candidate / "reference.json")
        write_json(fit_climatology(data.known, dataset.features.climate).content(), draft.candidate / "fallback.json")
    log.info("%s trees on %s rows and %s features", search.rounds, f"{len(data.known):,}", len(types))


def _show(live: Live, train_loss: float, valid_loss: float) -> None:
    live.log_metric("train/log_loss", train_loss)
    live.log_metric("valid/log_loss", valid_loss)
    live.next_step()


def _reference(data: TrainingData, search: RoundSearch, model: Model) -> dict[str, dict]:
    """Profiles of the features that were learned from, and of the probabilities of rows that were not."""
    weights = model.importance().set_index("feature")["gain"].to_dict()
    features = ReferenceProfile.of(data.known, list(model.inputs.types), weights)
    predicted = data.valid.assign(probability=search.probability)
    probability = ReferenceProfile.of(predicted, ["probability"], {"probability": 1.0})
    return {"features": features.content(), "probability": probability.content()}
