"""The seam between a dataset and the machinery: the parts of a dataset -> the same parts, held against what is asked.

What is asked of declarations stands in `check_tables`, `check_features` and `check_parts`; of what functions give, in
`outputs` and `feature_outputs`; of types, in `dtypes`. Declarations are checked once, all of them together, when the
first part is used. What functions give is checked each time, where it comes in, so that nothing after it needs to.
"""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ontime.dataset.check_features import feature_flaws, feature_table_flaws
from ontime.dataset.check_parts import (
    message_flaws,
    predicted_flaws,
    protocol_flaws,
    slice_flaws,
    source_feed_flaws,
    story_flaws,
    stress_flaws,
)
from ontime.dataset.check_tables import table_flaws
from ontime.dataset.contract import Part, Table
from ontime.dataset.feature_outputs import checked_events, checked_rows, checked_values
from ontime.dataset.features import FeatureSet
from ontime.dataset.flaws import Flaw, nearest_name, raise_flaws, unknown_name
from ontime.dataset.forms import form_flaws
from ontime.dataset.messages import Messages
from ontime.dataset.outputs import (
    checked_derived,
    checked_holds,
    checked_parts,
    checked_protocol_rows,
    checked_tables,
)
from ontime.dataset.protocol import Protocol
from ontime.dataset.slices import Slice
from ontime.dataset.story import Story
from ontime.dataset.stress import StressDeclaration

REQUIRED = {
    "read": Callable[[str, str], Iterator[Part]],
    "tables": tuple[Table, ...],
    "features": FeatureSet,
    "slices": tuple[Slice, ...],
    "stress": StressDeclaration,
}
OPTIONAL = {"messages": tuple[Messages, ...], "protocol": Protocol | None, "story": Story}
TYPES: dict[str, Any] = REQUIRED | OPTIONAL
# What code that is being imported may raise where a declaration is wrong.
BROKEN = (ArithmeticError, AttributeError, ImportError, LookupError, NameError, SyntaxError, TypeError, ValueError)
# What must be sound for a check of several parts.
TOGETHER: dict[tuple[str, ...], Callable[..., Iterator[Flaw]]] = {
    ("tables",): table_flaws,
    ("features",): feature_flaws,
    ("features", "tables"): feature_table_flaws,
    ("slices", "features"): slice_flaws,
    ("stress", "features"): stress_flaws,
    ("stress", "messages"): source_feed_flaws,
    ("messages", "tables"): message_flaws,
    ("messages", "features", "tables"): predicted_flaws,
    ("protocol", "tables", "features"): protocol_flaws,
    ("story", "slices"): story_flaws,
}


def sound_parts(name: str, parts: Mapping[str, str]) -> dict[str, Any]:
    """Every part of a dataset by name, with functions that check what they give; what may be left out is there, too.

    name: of the dataset; parts: the place of each as 'module:attribute'.
    Raises DeclarationError with everything that is wrong with any part.
    """
    places = dict(parts) if isinstance(parts, Mapping) else {}
    flaws = list(_names(parts))
    declared: dict[str, Any] = {"messages": (), "protocol": None, "story": Story()}
    for part in (part for part in TYPES if part in places):
        value, broken = _imported(part, places[part])
        broken = broken or list(form_flaws(part, value, TYPES[part]))
        flaws += broken
        declared[part] = None if broken else value
    for needed, check in TOGETHER.items():
        if all(declared.get(part) is not None for part in needed):
            flaws += check(*(declared[part] for part in needed))
    raise_flaws(flaws, f"the dataset {name}")
    return declared | _checked(declared)


def _names(parts: object) -> Iterator[Flaw]:
    if not isinstance(parts, Mapping):
        yield Flaw("parts", "a dictionary of places, 'module:attribute'", repr(parts), f"name {', '.join(REQUIRED)}")
        return
    missing = [part for part in REQUIRED if part not in parts]
    for name in parts:
        if name not in TYPES:
            yield unknown_name("parts", "a part", str(name), [*missing, *(part for part in TYPES if part not in parts)])
    for part in missing:
        yield Flaw("parts", f"{part!r}, which every dataset has", "none", f"add it: {part!r}: '<module>:<attribute>'")


def _imported(part: str, place: object) -> tuple[Any, list[Flaw]]:
    """What stands at a place, and why there is nothing."""
    where = f"parts.{part}"
    module, _, attribute = place.partition(":") if isinstance(place, str) else ("", "", "")
    if not module or not attribute:
        remedy = f"write it so: 'my_dataset.{part}:{part.upper()}'"
        return None, [Flaw(where, "a place, 'module:attribute'", repr(place), remedy)]
    try:
        loaded = importlib.import_module(module)
    except BROKEN as error:
        return None, [Flaw(where, f"a module {module} that can be imported", _raised(error), "correct it there")]
    if not hasattr(loaded, attribute):
        names = [name for name in vars(loaded) if not name.startswith("_")]
        actual = f"no {attribute!r} there"
        return None, [Flaw(where, f"an attribute of {module}", actual, nearest_name(attribute, names))]
    return getattr(loaded, attribute), []


def _raised(error: Exception) -> str:
    """An error in words, with the line of the declaration that led to it."""
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.name == "<module>"]
    where = f" (line {lines[-1].lineno} of {lines[-1].filename.rpartition('/')[2]})" if lines else ""
    return f"{type(error).__name__}: {error}{where}"


def _checked(declared: Mapping[str, Any]) -> dict[str, Any]:
    """The parts whose functions give something, with functions that check it."""
    tables: Sequence[Table] = declared["tables"]
    features: FeatureSet = declared["features"]
    stress: StressDeclaration = declared["stress"]
    protocol: Protocol | None = declared["protocol"]
    ends = frozenset(stream for source in stress.sources.values() for stream in source.ends)
    functions = {
        "rows": partial(checked_rows, features),
        "events": partial(checked_events, features, ends),
        "derived": tuple(replace(one, compute=partial(checked_values, one)) for one in features.derived),
    }
    return {
        "read": partial(checked_parts, declared["read"], {table.name: table.monthly for table in tables}),
        "tables": tuple(_checked_table(table) for table in tables),
        "features": replace(features, **functions),
        "stress": _checked_stress(stress, features.tables),
        "protocol": protocol and replace(protocol, rows=partial(checked_protocol_rows, protocol)),
    }


def _checked_table(table: Table) -> Table:
    derived = tuple(replace(one, compute=partial(checked_derived, table, one)) for one in table.derived)
    rules = tuple(replace(rule, holds=partial(checked_holds, table.name, rule)) for rule in table.rules)
    return replace(table, derived=derived, rules=rules)


def _checked_stress(stress: StressDeclaration, wanted: tuple[str, ...]) -> StressDeclaration:
    def checked(part: str, declared: Any) -> Any:  # noqa: ANN401 - an Example or a Change
        where = f"stress.{part}.{declared.name}.tables"
        return replace(declared, tables=partial(checked_tables, where, wanted, declared.tables))

    examples = tuple(checked("examples", example) for example in stress.examples)
    return replace(stress, examples=examples, changes=tuple(checked("changes", change) for change in stress.changes))
