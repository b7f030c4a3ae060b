"""When values become known: a dataset names its clocks, from the earliest to the latest."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Clock:
    """A moment in the life of a row at which some of its values become known, such as a departure.

    place: 0 for the earliest clock of the dataset, 1 for the next one, and so on.
    name: one word, as columns and findings show it.
    about: the moment in words.
    beforehand: whether the moment is long before the row is predicted.

    Where a value breaks the contract, the row loses its values of that clock and of all later ones.
    """

    place: int
    name: str = field(compare=False)
    about: str = field(compare=False)
    beforehand: bool = field(compare=False)

    def __str__(self) -> str:
        return self.name


def ordered_clocks(about: dict[str, str], *, last_beforehand: str) -> tuple[Clock, ...]:
    """The clocks of a dataset, from the earliest to the latest.

    about: each moment in words, by the name of its clock, in that order.
    last_beforehand: the name of the last clock that is long before a row is predicted. Raises ValueError where no clock
    has that name.
    """
    names = list(about)
    if last_beforehand not in names:
        raise ValueError(f"last_beforehand: expected one of {names}; found {last_beforehand!r}")
    known = names.index(last_beforehand)
    return tuple(Clock(place, name, about[name], place <= known) for place, name in enumerate(names))
