"""When values become known: the clocks of a dataset, which names them from the earliest to the latest."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Clock:
    """When a value becomes known. What breaks the contract at one clock costs a row that clock's columns and later.

    place: among the dataset's clocks, from 0, the earliest; about: the moment, in words; beforehand: whether it is long
    before the row is predicted.
    """

    place: int
    name: str = field(compare=False)
    about: str = field(compare=False)
    beforehand: bool = field(compare=False)

    def __str__(self) -> str:
        return self.name


def ordered(about: dict[str, str], *, last_beforehand: str) -> tuple[Clock, ...]:
    """A dataset's clocks from the earliest to the latest, by name: each moment in words.

    last_beforehand: the last of them that is known long before a row is predicted. Raises ValueError where it is none.
    """
    names = list(about)
    known = names.index(last_beforehand)
    return tuple(Clock(place, name, about[name], place <= known) for place, name in enumerate(names))
