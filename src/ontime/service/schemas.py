"""A dataset's contract -> the models of requests and answers, so that another dataset has its own API for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, create_model, with_config
from typing_extensions import TypedDict

from ontime.core.contract.values import declared_dtype
from ontime.core.serving.messages import feed_tables, predicted_messages
from ontime.dataset.contract import Table
from ontime.dataset.dataset import Dataset
from ontime.dataset.dtypes import DAY, FLAG, MOMENT, TEXT

MOST_ROWS = 1_000  # of one request
LONGEST_TEXT = 200  # characters
LONGEST_COMMENT = 500

Text = Annotated[StrictStr, Field(max_length=LONGEST_TEXT)]
Number = StrictFloat | StrictInt
TYPES: dict[str, Any] = {
    "Int64": StrictInt,
    "float64": Number,
    FLAG: StrictBool,
    TEXT: Text,
    MOMENT: Annotated[Text, Field(json_schema_extra={"format": "date-time"})],
    DAY: Annotated[Text, Field(json_schema_extra={"format": "date"})],
}
User = Annotated[str, Field(max_length=128, min_length=1, description="opaque: whom the answer is for, never a name")]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"}, description="UTC")]
Verdict = Literal["useful", "wrong", "unsure"]


class Body(BaseModel):
    """What comes over HTTP: nothing is guessed, nothing unknown is let pass."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Heartbeat(Body):
    """A source is alive: everything of it that was known up to this moment has been sent."""

    source: Text
    at: Moment


class Feedback(Body):
    """What a user says of a prediction; sent again, it takes the place of what was said before."""

    prediction_id: Annotated[str, Field(min_length=1, max_length=64)]
    verdict: Verdict
    acted: bool | None = None
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)] | None = None
    user: User | None = None


class Mode(Body):
    """The kill switch: with it, climatology answers everything."""

    climatology_only: bool


class Reason(BaseModel):
    """What a feature adds to the log-odds of the outcome."""

    feature: str
    meaning: str
    value: float | str | None
    contribution: float


class Prediction(BaseModel):
    """The answer to a row, and what it rests on."""

    id: str
    prediction_id: str = Field(description="names this answer, for feedback")
    probability: float = Field(ge=0, le=1)
    decision: str
    conformal_set: str
    version: str = Field(description="of the bundle; empty where climatology answered")
    predict_at: Moment
    provisional: bool = Field(description="asked before the moment that the model is made for")
    received: int = Field(description="number of the last message that was read")
    ages: dict[str, float | None] = Field(description="seconds since each source was heard from")
    degraded: list[str] = Field(description="why climatology answered in place of the model; empty where the model did")
    reasons: list[Reason] | None = None


class Predictions(BaseModel):
    predictions: list[Prediction]


class Quarantined(BaseModel):
    """A value that breaks the contract: what the row loses by it is read by no feature."""

    table: str
    row: str
    column: str
    rule: str
    value: str | None


class Taken(BaseModel):
    """What became of messages. They are on disk when this answer comes."""

    taken: int
    repeated: int = Field(description="messages that said nothing new")
    quarantined: list[Quarantined]
    received: int = Field(description="number of the last message")


@dataclass(frozen=True)
class Schemas:
    """The request models of a dataset. key: the columns that name a row that is predicted, with their types."""

    predictions: type[BaseModel]
    events: type[BaseModel]
    key: Mapping[str, str]


def schemas_of(dataset: Dataset) -> Schemas:
    """Models for the rows and messages of a dataset. Raises OntimeError where it declares no messages of its rows."""
    predicted = predicted_messages(dataset)
    forms = feed_tables(dataset.tables, dataset.messages)
    key = {name: _dtypes(forms[next(iter(predicted.feeds))])[name] for name in predicted.key}
    row = _typed_dict("Row", {name: TYPES[dtype] for name, dtype in key.items()})
    predictions = create_model(
        "PredictionRequest",
        __base__=Body,
        __doc__="Rows to predict, by key.",
        rows=(Annotated[list[row], Field(min_length=1, max_length=MOST_ROWS)], ...),
        user=(User | None, None),
    )
    events = create_model(
        "EventRequest",
        __base__=Body,
        __doc__="Messages in the order in which they are to be taken, heartbeats after them.",
        messages=(Annotated[list[_message(forms)], Field(max_length=MOST_ROWS)], []),
        heartbeats=(Annotated[list[Heartbeat], Field(max_length=MOST_ROWS)], []),
    )
    return Schemas(predictions, events, key)


def _message(forms: Mapping[str, Table]) -> Any:  # noqa: ANN401 - a type made of types
    """A message of any feed."""
    kinds: Sequence[Any] = [_feed_message(feed, form) for feed, form in forms.items()]
    return Annotated[Union[tuple(kinds)], Field(discriminator="feed")] if len(kinds) > 1 else kinds[0]  # noqa: UP007


def _feed_message(feed: str, form: Table) -> Any:  # noqa: ANN401
    values = _typed_dict(f"{feed}_values", {name: TYPES[dtype] | None for name, dtype in _dtypes(form).items()})
    return _typed_dict(f"{feed}_message", {"feed": Literal[feed], "values": values})


def _typed_dict(name: str, types: Mapping[str, Any]) -> Any:  # noqa: ANN401
    return with_config(ConfigDict(extra="forbid"))(TypedDict(name, dict(types)))  # pyrefly: ignore


def _dtypes(form: Table) -> dict[str, str]:
    return {name: declared_dtype(column) for name, column in form.schema.columns.items()}
