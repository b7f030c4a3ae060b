"""data/features/ -> data/models/candidate/: the model, what it reads, what drift is measured against, a fallback."""

import logging
from dataclasses import asdict

from dvclive import Live

from ontime.core.features.table import KEYS, chosen
from ontime.core.model.climatology import climatology
from ontime.core.model.model import Model, Search, refit, search
from ontime.core.model.split import Pieces, pieces, windows
from ontime.core.profiles.reference import Profile
from ontime.dataset.dataset import Dataset
from ontime.io.formats import write_json, write_model
from ontime.io.hashes import content_hash
from ontime.io.paths import Files, months, read_months
from ontime.params import Features, Split, Train

log = logging.getLogger(__name__)


def run(dataset: Dataset, files: Files, features: Features, split: Split, train: Train) -> None:
    """Learn from what was known when the test window began. Killed and run again, it goes on where it was."""
    types = chosen(dataset.features, train.leave_out)
    parts = windows(months(files.features), split)
    rows = read_months(files.features, parts.before_test, [*KEYS, *{**types, **dataset.features.climate}])
    data = pieces(rows, parts.test[0], split, features.lead_hours)
    version = content_hash(files.features)
    with (
        files.whole("train", files.candidate) as draft,
        files.checkpoints("train", data=version, features=features, split=split, train=train) as checkpoints,
        Live(dir=str(files.train_curves), save_dvc_exp=False, dvcyaml=None, report=None) as live,
    ):
        found = search(data, types, train, checkpoints, lambda _, *losses: _show(live, *losses))
        model = refit(data, types, found.rounds, train, checkpoints)
        signature = model.signature() | {
            "rounds": found.rounds,
            "rows": len(data.known),
            "lead_hours": features.lead_hours,
            "outcome": dataset.features.outcome,
            "params": asdict(train) | asdict(split),
            "data": version,
        }
        write_model(model.text, signature, draft.candidate)
        write_json(_reference(data, found, model), draft.candidate / "reference.json")
        write_json(climatology(data.known, dataset.features.climate).content(), draft.candidate / "fallback.json")
    log.info("%s trees on %s rows and %s features", found.rounds, f"{len(data.known):,}", len(types))


def _show(live: Live, train_loss: float, valid_loss: float) -> None:
    live.log_metric("train/log_loss", train_loss)
    live.log_metric("valid/log_loss", valid_loss)
    live.next_step()


def _reference(data: Pieces, found: Search, model: Model) -> dict[str, dict]:
    """Profiles of the features that were learned from, and of what was said of rows that were not."""
    weights = model.importance().set_index("feature")["gain"].to_dict()
    features = Profile.of(data.known, list(model.inputs.types), weights)
    said = Profile.of(data.valid.assign(probability=found.probability), ["probability"], {"probability": 1.0})
    return {"features": features.content(), "probability": said.content()}
