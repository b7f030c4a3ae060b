"""Scenarios and rules -> the loop over all days, for many runs at once; what a killed call did is not done again."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from ontime.core.loop.advance import Loop, advance, begin
from ontime.core.loop.journal import InMemoryJournal
from ontime.core.loop.model_cache import ModelCache, ReplayModels
from ontime.core.loop.policy import RETRAIN
from ontime.core.loop.progress import Progress, RunProgress, Serving
from ontime.core.loop.scenarios import Scenario
from ontime.core.loop.score_rows import score_rows
from ontime.core.loop.state import DecisionRecord, Intake, Rules, State
from ontime.core.monitoring.ledger import ANSWERED, InMemoryLedger

PROGRESS = "progress"  # the checkpoint that holds it


class RunSpec(NamedTuple):
    """A run to be made: the scenario that its loop meets, and the rules that it goes by.

    training_days: so many days after its request a training ends.
    """

    name: str
    rules: Rules
    scenario: Scenario
    training_days: int = 1


class Run:
    """A loop in a scenario: its ledger, its state, its decisions, and which versions predicted on each day.

    earlier: answers of the time before its first day, `id, day, outcome, probability`; an outcome that was not yet
    known is missing.
    """

    def __init__(self, spec: RunSpec, cache: ModelCache, earlier: pd.DataFrame, first: pd.Timestamp) -> None:
        self.spec, self.models, self.ledger = spec, ReplayModels(cache, spec.scenario), InMemoryLedger()
        self.journal = InMemoryJournal()
        self.serving: list[Serving] = []
        self.loop = Loop(self.journal, self.ledger, self.models, spec.rules, self._intake)
        self.ledger.record_scores(earlier, {ANSWERED: earlier["probability"].to_numpy()})
        known = earlier[earlier["outcome"].notna()]
        self.ledger.record_outcomes(known["id"].to_numpy(), known["outcome"].to_numpy(dtype=np.int8))
        self.state = begin(self.loop, first, self.models.train(first))

    @property
    def decisions(self) -> list[DecisionRecord]:
        """All of them, in order."""
        return self.journal.decisions

    @property
    def requests(self) -> list[str]:
        """The days on which trainings were requested."""
        return [one.day for one in self.decisions if one.action == RETRAIN]

    def step(self, day: pd.Timestamp) -> None:
        """Run one more day, and score its rows."""
        self.state = advance(self.loop, day)
        self._score(self.state, day)
        self.serving.append(Serving(self.state.champion, self.state.challenger, self.state.former))

    @property
    def progress(self) -> RunProgress:
        """What another process needs to `resume` from here."""
        return RunProgress(self.state, self.decisions, self.serving)

    def resume(self, progress: RunProgress, days: Sequence[pd.Timestamp]) -> None:
        """Go on from there. days: those of the replay, from its first.

        The ledger is filled again by the versions that predicted then. Nothing is decided twice.
        """
        self.state, self.serving = progress.state, list(progress.serving)
        self.journal.save(progress.state, progress.decisions)
        for requested in self.requests:
            self.models.train(pd.Timestamp(requested))
        for day, serving in zip(days, progress.serving, strict=False):
            intake = self.models.timeline.intake(day)
            self.ledger.record_outcomes(intake.ids, intake.outcomes)
            self._score(replace(progress.state, **serving._asdict()), day)

    def _intake(self, day: pd.Timestamp) -> Intake:
        trainings = self.models.trainings(self.requests, day, self.spec.training_days)
        return self.models.timeline.intake(day)._replace(trainings=trainings)

    def _score(self, state: State, day: pd.Timestamp) -> None:
        timeline = self.models.timeline
        score_rows(state, timeline.rows(day, day), timeline.silent(day), self.ledger, self.models)


def replay_runs(
    specs: Sequence[RunSpec],
    cache: ModelCache,
    earlier: pd.DataFrame,
    days: Sequence[pd.Timestamp],
    checkpoints: MutableMapping[str, str],
) -> Iterator[dict[str, Run]]:
    """All runs by name, once after each day.

    earlier: answers of before, as for `Run`. With the checkpoints that a killed call left, another resumes from there.
    """
    runs = {spec.name: Run(spec, cache, earlier, days[0]) for spec in specs}
    done = Progress.load(checkpoints[PROGRESS]) if PROGRESS in checkpoints else Progress()
    for name, progress in done.runs.items():
        runs[name].resume(progress, days)
    for number, day in enumerate(days, start=1):
        if number > done.days:
            for run in runs.values():
                run.step(day)
            progress = Progress(number, {name: run.progress for name, run in runs.items()})
            checkpoints[PROGRESS] = progress.text()
        yield runs
