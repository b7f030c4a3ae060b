"""What is wrong with a declaration, or with what it gives, in words; and the error that lists all of it at once."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ontime.errors import OntimeError

LIKE = 0.7  # how like one another two names are, at most 1, so that one may be a slip for the other
SHOWN = 12  # names that are listed; the nearest one is always named


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong with a dataset.

    declaration: where it stands, from the part on: 'features.groups.road[0].means'.
    """

    declaration: str
    expected: str
    actual: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.declaration}: expected {self.expected}; found {self.actual}\n    what to do: {self.remedy}"


class DeclarationError(OntimeError):
    """A dataset is declared, or gives what it declares, in a way that cannot work; the text lists every flaw."""

    def __init__(self, flaws: Sequence[Flaw], where: str) -> None:
        count = f"{len(flaws)} flaw{'' if len(flaws) == 1 else 's'}"
        lines = "\n".join(map(str, flaws))
        super().__init__(f"{where} does not keep what src/ontime/dataset/ asks for: {count}\n\n{lines}")


def raise_flaws(flaws: Iterable[Flaw], where: str) -> None:
    """Raises DeclarationError where there is any."""
    listed = list(dict.fromkeys(flaws))
    if listed:
        raise DeclarationError(listed, where)


def listed_names(names: Collection[object]) -> str:
    """Some names in words; 'none' where there are none."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(map(str, list(names)[:SHOWN])) + more or "none"


def unknown_name(declaration: str, kind: str, name: str, known: Collection[str]) -> Flaw:
    """The flaw of a name that is none of the known ones; the nearest of them is what to write."""
    return Flaw(declaration, f"{kind}, one of {listed_names(known)}", repr(name), nearest_name(name, known))


def nearest_name(name: str, known: Collection[str]) -> str:
    """What to do about a name that is unknown: write the known one that is most like it, if one is."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=LIKE)
    return f"write {near[0]!r}" if near else "correct the name, or declare it"


def every_unknown_name(declaration: str, kind: str, names: Iterable[str], known: Collection[str]) -> Iterator[Flaw]:
    """A flaw for every name that is unknown."""
    return (unknown_name(declaration, kind, name, known) for name in names if name not in known)


def repeated_names(declaration: str, kind: str, names: Iterable[str]) -> Iterator[Flaw]:
    """A flaw for every name that comes more than once."""
    for name, count in Counter(names).items():
        if count > 1:
            yield Flaw(declaration, f"each {kind} once", f"{name!r} {count} times", "rename one of them, or drop it")
