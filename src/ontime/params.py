"""params.yaml -> one frozen dataclass a section; unknown, missing and impossible values are errors, all at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass
from ruamel.yaml import YAML, YAMLError
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError

from ontime.errors import OntimeError, did_you_mean, validated

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="a month such as 2013-06")]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
LEADS = (0.5, 168)  # hours, least and most
Hours = Annotated[float, Field(ge=LEADS[0], le=LEADS[1])]
NAMED_LEADS = "hours by name, at least one, each name of small letters and digits such as h2"
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*$")]
GRID = "at least one param by its full name, each with a list of values: train.leaves: [15, 31]"
TrialName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
TRIALS = "settings of params by the name of a trial, each name of small letters, digits and hyphens; {} for none"
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

section = dataclass(frozen=True, config=ConfigDict(extra="forbid", strict=True))
record = dataclass(frozen=True, config=ConfigDict(extra="ignore", strict=True))  # of JSON, which others read more of


@section
class Fetch:
    """What to take from the source."""

    release: str
    until: Month


@section
class Validate:
    """When the contract stops a run, and when it only warns."""

    max_quarantined: Share
    max_extreme: Share
    shift_warn: Positive
    shift_stop: Positive

    @model_validator(mode="after")
    def _warn_before_stop(self) -> Self:
        if self.shift_warn > self.shift_stop:
            raise ValueError(f"shift_warn {self.shift_warn} is above shift_stop {self.shift_stop}")
        return self


@section
class Features:
    """How early to predict."""

    lead_hours: Hours


@section
class Split:
    """How many months at the data's end are kept for validation and for the test."""

    valid_months: Count
    test_months: Count


@section
class Train:
    """The recipe of a model: which features it reads, and how its trees are grown."""

    leave_out: list[str]
    learning_rate: Annotated[float, Field(gt=0, le=1)]
    leaves: Annotated[int, Field(ge=2, le=4096)]
    min_rows: Count
    bins: Annotated[int, Field(ge=2, le=65535)]
    category_smoothing: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    l2: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    max_rounds: Count
    patience: Count
    checkpoint_rounds: Count


@section
class Intervals:
    """How uncertainty is shown."""

    level: Annotated[float, Field(gt=0.5, lt=1)]
    replicates: Annotated[int, Field(ge=100)]
    block_days: Count
    simulations: Annotated[int, Field(ge=100)]
    seed: Annotated[int, Field(ge=0)]


@section
class Slices:
    """Where the model is asked how good it is, and how much is shown of it."""

    min_rows: Count
    segments: Count
    mistakes: Count
    conformal_level: Annotated[float, Field(gt=0.5, lt=1)]


@section
class Costs:
    """What mistakes cost, in any unit; only their ratios matter to an answer."""

    missed: Positive
    false_alarm: Positive
    unknown: Positive


@section
class Stress:
    """How sources are disturbed, and how the days may drift."""

    every_days: Count
    stale_hours: list[Count]
    shares: list[Annotated[float, Field(gt=0, lt=1)]]
    storm_share: Annotated[float, Field(gt=0, le=0.5)]
    times: list[Annotated[float, Field(ge=0.1, le=10, multiple_of=0.1)]]


@section
class Lead:
    """How early to look, and where to leave out each feature group."""

    leads: Annotated[dict[Name, Hours], Field(min_length=1, description=NAMED_LEADS)]
    ablation_at: list[str]
    ablation_every: Count

    @model_validator(mode="after")
    def _known(self) -> Self:
        if unknown := [name for name in self.ablation_at if name not in self.leads]:
            raise ValueError(f"ablation_at names {unknown}, which are not in leads {sorted(self.leads)}")
        return self

    def hours(self, name: str) -> float:
        """Hours of the lead of that name. Raises OntimeError where there is none."""
        if name not in self.leads:
            raise OntimeError(f"lead.leads in params.yaml has no {name!r}; found: {', '.join(self.leads)}")
        return self.leads[name]


@section
class Audit:
    """How a published figure is rebuilt."""

    seed: Annotated[int, Field(ge=0)]


@section
class Drift:
    """When a window is unlike what a model learned from, and how many such windows ring an alarm."""

    test: Literal["psi", "jensen_shannon", "kolmogorov_smirnov", "wasserstein", "chi_square", "p_values"]
    quantile: Annotated[float, Field(gt=0.5, lt=1)]
    k: Count
    n: Count

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.k > self.n:
            raise ValueError(f"k {self.k} of n {self.n} windows can never be")
        return self


@section
class Policy:
    """When a new model is made, what it must show, and which source's silence is minded."""

    rule: Literal["never", "once", "quarterly", "monthly", "drift", "realised", "estimated", "gated"]
    margin: Positive
    level: Annotated[float, Field(gt=0.5, lt=1)]
    shadow_days: Count
    max_days: Count
    watch_days: Count
    min_days: Count
    source: str
    silent_hours: Positive

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.shadow_days > self.max_days:
            raise ValueError(f"shadow_days {self.shadow_days} is above max_days {self.max_days}")
        return self

    @property
    def gated(self) -> bool:
        """Whether a new model waits in shadow until it has shown what it can do."""
        return self.rule == "gated"


@section
class Replay:
    """How much of the year judges what was chosen on the rest, and how long a training takes."""

    judged_months: Count
    training_days: Count


@section
class Sweep:
    """What to try: values of params by their full names, `train.leaves: [15, 31]`, and trials that have names.

    trials: by its name what each sets, `slow: {train.learning_rate: 0.05}`.
    """

    grid: Annotated[dict[str, Annotated[list[Any], Field(min_length=1)]], Field(min_length=1, description=GRID)]
    trials: Annotated[dict[TrialName, Annotated[dict[str, Any], Field(min_length=1)]], Field(description=TRIALS)]


RULES: tuple[str, ...] = get_args(Policy.__annotations__["rule"])

SECTIONS: dict[str, type] = {
    "fetch": Fetch,
    "validate": Validate,
    "features": Features,
    "split": Split,
    "train": Train,
    "intervals": Intervals,
    "slices": Slices,
    "costs": Costs,
    "stress": Stress,
    "lead": Lead,
    "audit": Audit,
    "drift": Drift,
    "policy": Policy,
    "replay": Replay,
    "sweep": Sweep,
}


def load(path: Path, name: str) -> Any:  # noqa: ANN401 - the section's dataclass
    """Section `name` of the file at `path` as its dataclass. Raises OntimeError with everything that is wrong."""
    return section_of(read_sections(path), name, path)


def section_of(sections: Mapping[str, Any], name: str, path: Path) -> Any:  # noqa: ANN401 - the section's dataclass
    """Section `name` of those that a file holds as its dataclass. Raises OntimeError with everything that is wrong."""
    if unknown := sorted(set(sections) - set(SECTIONS)):
        lines = [f"\n  {other}: unknown section; {did_you_mean(other, SECTIONS)}" for other in unknown]
        raise OntimeError(f"{path}:{''.join(lines)}")
    if name not in sections:
        here = ", ".join(sorted(sections)) or "none"
        raise OntimeError(f"{path} has no section {name!r}; its sections: {here}")
    return validated(SECTIONS[name], sections[name], str(path), name)


def read_sections(path: Path) -> dict[str, Any]:
    """The sections of a file as they stand there. Raises OntimeError where it cannot be read or holds none."""
    try:
        return parse_sections(path.read_bytes(), path)
    except FileNotFoundError as error:
        raise OntimeError(f"{path} is missing: run from the folder that holds dvc.yaml and params.yaml") from error
    except OSError as error:
        raise OntimeError(f"{path} cannot be read: {error}") from error


def parse_sections(content: bytes, path: Path) -> dict[str, Any]:
    """The sections that the content of a file holds. Raises OntimeError where it holds none."""
    try:
        text = content.decode("utf-8")
        sections = YAML(typ="safe", pure=True).load(text)
    except UnicodeDecodeError as error:
        raise OntimeError(f"{path} is no text in UTF-8 ({error}): save it as that") from error
    except (YAMLError, ValueError, TypeError) as error:
        raise OntimeError(_not_yaml(path, error)) from error
    if not isinstance(sections, dict):
        found_kind = "nothing" if sections is None else "a list" if isinstance(sections, list) else f"{sections!r:.60}"
        raise OntimeError(f"{path} must hold sections, one a stage, such as fetch: {{...}}; found {found_kind}")
    return {str(name): section for name, section in sections.items()}


def _not_yaml(path: Path, error: Exception) -> str:
    """Where a text stops being YAML, and why."""
    if isinstance(error, DuplicateKeyError) and error.problem_mark:
        return f"{path}, line {error.problem_mark.line + 1}: {error.problem}: keep one of them"
    if isinstance(error, MarkedYAMLError) and error.problem_mark:
        mark, context = error.problem_mark, f" {error.context}" if error.context else ""
        return f"{path}, line {mark.line + 1}, column {mark.column + 1}: not valid YAML:{context} {error.problem}"
    if isinstance(error, ValueError):  # of a text that Python cannot make the date of, which it looks like
        return f"{path} is not valid YAML: {error}: what looks like a day, 2013-06-31, must be one; a month is 2013-06"
    return f"{path} is not valid YAML: {error}"


def override(sections: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Sections in which values by full name ('train.leaves') take the place of those that stand there."""
    changed = {name: dict(section) if isinstance(section, Mapping) else section for name, section in sections.items()}
    for name, value in settings.items():
        section, _, key = name.partition(".")
        if isinstance(changed.setdefault(section, {}), dict):
            changed[section][key] = value
    return changed
