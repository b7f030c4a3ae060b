"""A dataset's contract -> the models of requests and answers, so that another dataset has its own API for nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    create_model,
    with_config,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from ontime.core.contract.values import declared_dtype
from ontime.core.serving.message_json import day_of_text, moment_of_text
from ontime.core.serving.message_types import LARGEST
from ontime.core.serving.messages import feed_tables, predicted_messages
from ontime.dataset.contract import Table
from ontime.dataset.dataset import Dataset
from ontime.dataset.dtypes import DAY, FLAG, MOMENT, TEXT

MOST_ROWS = 1_000  # of one request
LONGEST_TEXT = 200  # characters
LONGEST_COMMENT = 500
NO_NUL = r"^[^\x00]*$"  # PostgreSQL keeps no such character in a text


def _read_by(parse: Callable[[str], np.datetime64 | None], kind: str) -> AfterValidator:
    """Refuses texts that name no moment or day; those that do stay text."""

    def check(text: str) -> str:
        if parse(text) is None:
            raise PydanticCustomError("time", kind)  # pyrefly: ignore
        return text

    return AfterValidator(check)


Text = Annotated[StrictStr, Field(max_length=LONGEST_TEXT, pattern=NO_NUL)]
Number = StrictFloat | StrictInt
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"}, description="UTC")]
MomentSent = Annotated[
    Text,
    Field(json_schema_extra={"format": "date-time"}, description="UTC"),
    _read_by(moment_of_text, "a moment such as 2013-11-05T12:00:00Z"),
]
DaySent = Annotated[
    Text, Field(json_schema_extra={"format": "date"}), _read_by(day_of_text, "a day such as 2013-11-05")
]
TYPES: dict[str, Any] = {
    "Int64": Annotated[StrictInt, Field(ge=-LARGEST, le=LARGEST)],
    "float64": Number,
    FLAG: StrictBool,
    TEXT: Text,
    MOMENT: MomentSent,
    DAY: DaySent,
}
User = Annotated[
    str,
    Field(min_length=1, max_length=128, pattern=NO_NUL, description="opaque: whom the answer is for, never a name"),
]
Verdict = Literal["useful", "wrong", "unsure"]


class Body(BaseModel):
    """What comes over HTTP: nothing is guessed, nothing unknown is let pass."""

    model_config = ConfigDict(extra="forbid", strict=True)


class HeartbeatSent(Body):
    """A source is alive: everything of it that was known up to this moment has been sent."""

    source: Text
    at: MomentSent


class FeedbackGiven(Body):
    """What a user says of a prediction; sent again, it takes the place of what was said before."""

    prediction_id: Annotated[str, Field(min_length=1, max_length=64, pattern=NO_NUL)]
    verdict: Verdict
    acted: bool | None = None
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT, pattern=NO_NUL)] | None = None
    user: User | None = None


class Mode(Body):
    """The kill switch: with it, climatology answers everything."""

    climatology_only: bool


class ReasonGiven(BaseModel):
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
    reasons: list[ReasonGiven] | None = Field(None, description="with explain=true")
    features: dict[str, float | None] | None = Field(
        None, description="with features=true: what the model read, categories by their place in its list"
    )


class Predictions(BaseModel):
    """The answers to the rows of a request, in their order."""

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


class RowsAsked(Body):
    """Rows to predict, by key."""

    rows: list[Any]
    user: User | None = None


class MessagesSent(Body):
    """Messages in the order in which they are to be taken, heartbeats after them."""

    messages: list[Any]
    heartbeats: Annotated[list[HeartbeatSent], Field(max_length=MOST_ROWS)] = []


@dataclass(frozen=True)
class Schemas:
    """The request models of a dataset. key: the columns that name a row that is predicted, with their types."""

    predictions: type[RowsAsked]
    events: type[MessagesSent]
    key: Mapping[str, str]


def schemas_of(dataset: Dataset) -> Schemas:
    """Models for the rows and messages of a dataset. Raises OntimeError where it declares no messages of its rows."""
    predicted = predicted_messages(dataset)
    forms = feed_tables(dataset.tables, dataset.messages)
    key = {name: _dtypes(forms[next(iter(predicted.feeds))])[name] for name in predicted.key}
    row = _typed_dict("Row", {name: TYPES[dtype] for name, dtype in key.items()})
    message = _message(forms)
    rows = Annotated[list[row], Field(min_length=1, max_length=MOST_ROWS)]
    messages = Annotated[list[message], Field(max_length=MOST_ROWS)]
    predictions = create_model("PredictionRequest", __base__=RowsAsked, __doc__=RowsAsked.__doc__, rows=(rows, ...))
    events = create_model("EventRequest", __base__=MessagesSent, __doc__=MessagesSent.__doc__, messages=(messages, []))
    return Schemas(predictions, events, key)


def _message(forms: Mapping[str, Table]) -> Any:  # noqa: ANN401 - a type made of types
    """A message of any feed."""
    kinds = [_feed_message(feed, form) for feed, form in forms.items()]
    either: Any = reduce(or_, kinds)
    return Annotated[either, Field(discriminator="feed")] if len(kinds) > 1 else either


def _feed_message(feed: str, form: Table) -> Any:  # noqa: ANN401
    values = _typed_dict(f"{feed}_values", {name: TYPES[dtype] | None for name, dtype in _dtypes(form).items()})
    name: Any = Literal[feed]  # pyrefly: ignore
    return _typed_dict(f"{feed}_message", {"feed": name, "values": values})


def _typed_dict(name: str, types: Mapping[str, Any]) -> Any:  # noqa: ANN401
    return with_config(ConfigDict(extra="forbid"))(TypedDict(name, dict(types)))  # pyrefly: ignore


def _dtypes(form: Table) -> dict[str, str]:
    return {name: declared_dtype(column) for name, column in form.schema.columns.items()}
