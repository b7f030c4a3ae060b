"""A dataset as the machinery sees it: a name, and where each of its parts is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ontime.dataset.contract import Part, Table
from ontime.dataset.features import FeatureSet
from ontime.dataset.messages import Messages
from ontime.dataset.protocol import Protocol
from ontime.dataset.slices import Slice
from ontime.dataset.story import Story
from ontime.dataset.stress import StressDeclaration


@dataclass(frozen=True)
class Dataset:
    """A name, and the place of each part as 'module:attribute'.

    When a part is first used, all of them are imported and checked together, and whatever their functions give is
    checked where it comes in: `seam` says against what. Every part raises DeclarationError with all flaws at once.

    parts: `read`, `tables`, `features`, `slices` and `stress` must be there; `messages`, `protocol` and `story` may be.
    package: the Python package that brings the raw tables, by its name in requirements.lock; `fetch.release` of
    params.yaml says which release of it. Empty where no package does.
    """

    name: str
    parts: Mapping[str, str]
    package: str = ""

    @cached_property
    def _sound(self) -> dict[str, Any]:
        from ontime.dataset.seam import sound_parts  # noqa: PLC0415 - pandas, which --help does without

        return sound_parts(self.name, self.parts)

    @property
    def read(self) -> Callable[[str, str], Iterator[Part]]:
        """`read(release, until)`: the raw tables of that release, as parts, up to and with the month `until`."""
        return self._sound["read"]

    @property
    def tables(self) -> tuple[Table, ...]:
        """The contract: every table, after those that it needs."""
        return self._sound["tables"]

    @property
    def features(self) -> FeatureSet:
        """What is predicted, and from which features."""
        return self._sound["features"]

    @property
    def slices(self) -> tuple[Slice, ...]:
        """Where a model is asked how good it is, beside the months."""
        return self._sound["slices"]

    @property
    def stress(self) -> StressDeclaration:
        """What may happen to the data, and what must hold then."""
        return self._sound["stress"]

    @property
    def messages(self) -> tuple[Messages, ...]:
        """How monthly tables arrive in messages; empty where that is not declared."""
        return self._sound["messages"]

    @property
    def protocol(self) -> Protocol | None:
        """How a published figure came about; None where there is none."""
        return self._sound["protocol"]

    @property
    def story(self) -> Story:
        """What reports say of the dataset; general words where it says nothing itself."""
        return self._sound["story"]
