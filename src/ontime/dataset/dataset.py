"""What the machinery may know about a dataset: its parts, tables, clocks and rules; imports nothing of ours."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ontime.dataset.contract import Part, Table
from ontime.dataset.features import FeatureSet
from ontime.dataset.messages import Messages
from ontime.dataset.protocol import Protocol
from ontime.dataset.slices import Slice
from ontime.dataset.story import Story
from ontime.dataset.stress import Stress

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Dataset:
    """A dataset to the machinery: a name and its parts, each written 'module:attribute' and imported on first use.

    package: what brings the raw tables, by its name in requirements.lock; its release is `fetch.release`. Empty where
    no package does.
    """

    name: str
    parts: Mapping[str, str]
    package: str = ""

    def _part(self, name: str) -> Any:  # noqa: ANN401 - each property below says what it is
        module, attribute = self.parts[name].split(":")
        return getattr(importlib.import_module(module), attribute)

    @property
    def read(self) -> Callable[[str, str], Iterator[Part]]:
        """`read(release, until)`: the raw tables of that release of the source, up to and with the month `until`."""
        return self._part("read")

    @property
    def tables(self) -> tuple[Table, ...]:
        """The contract, a table after those it needs."""
        return self._part("tables")

    @property
    def features(self) -> FeatureSet:
        """The declaration of the features."""
        return self._part("features")

    @property
    def slices(self) -> tuple[Slice, ...]:
        """Where a model is asked how good it is, beside the months."""
        return self._part("slices")

    @property
    def stress(self) -> Stress:
        """What may happen to it, and what must hold then."""
        return self._part("stress")

    @property
    def messages(self) -> tuple[Messages, ...]:
        """How each monthly table comes in messages, where that is declared."""
        return self._part("messages") if "messages" in self.parts else ()

    @property
    def protocol(self) -> Protocol | None:
        """How a published figure came about, where there is one."""
        return self._part("protocol") if "protocol" in self.parts else None

    @property
    def story(self) -> Story:
        """What a report tells of it, in its own words."""
        return self._part("story") if "story" in self.parts else Story()
