"""A run of the replay -> each change of its champion, and whether the champion before would have lost less."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from ontime.core.loop.replay import Run
from ontime.core.loop.scoring import Scorer


class ChampionChange(NamedTuple):
    """A change of the champion.

    regret: mean log loss of the new champion minus that of the one before, over the days until the next change.
    """

    day: pd.Timestamp
    regret: float


def champion_changes(run: Run, scorer: Scorer) -> list[ChampionChange]:
    """The changes of a run's champion, in order."""
    champions = [serving.champion for serving in run.serving]
    places = [place for place in range(1, len(champions)) if champions[place] != champions[place - 1]]
    ends = [*places[1:], len(champions)]
    return [
        ChampionChange(scorer.days[place], _regret(run, scorer, place, end))
        for place, end in zip(places, ends, strict=False)
    ]


def _regret(run: Run, scorer: Scorer, place: int, end: int) -> float:
    days = scorer.days[place:end]
    rows = [run.models.timeline.rows(day, day) for day in days]
    new, former = (
        np.concatenate([run.models.predict(run.serving[one].champion, part) for part in rows])
        for one in (place, place - 1)
    )
    losses, others = (scorer.losses(probability, days[0], days[-1])["log_loss"] for probability in (new, former))
    return float((losses - others).mean())
