"""The one form of errors: what is raised -> status and JSON, with every flaw of a request."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ontime.errors import BrokenContractError, ModelUnfitError, NotReadyError, UnknownRowError
from ontime.expected import shown_value

KINDS = {
    400: "malformed",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    422: "invalid",
    429: "too_many_requests",
    500: "internal",
    503: "unavailable",
}
RETRY_SECONDS = "1"
FORM = "Input should be "  # how pydantic begins


class RequestFlaw(BaseModel):
    """One thing that is wrong with a request."""

    where: str
    expected: str
    actual: str = Field(serialization_alias="found")


class ErrorDetail(BaseModel):
    """Why a request was not carried out."""

    kind: str
    message: str
    flaws: list[RequestFlaw]


class ErrorAnswer(BaseModel):
    """The body of every response that is an error."""

    error: ErrorDetail


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For `responses` of a router or a route: what the OpenAPI document says of errors with these statuses."""
    return {status: {"model": ErrorAnswer, "description": KINDS[status].replace("_", " ")} for status in statuses}


ERROR_RESPONSES = error_responses(400, 401, 403, 413, 422, 429, 500, 503)  # of every route that needs a key


class ApiError(HTTPException):
    """An error for whom the request is from: status, kind, message and flaws."""

    def __init__(
        self,
        status: int,
        message: str,
        kind: str = "",
        flaws: Sequence[RequestFlaw] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, headers)
        self.kind, self.flaws = kind or KINDS.get(status, "error"), list(flaws)


def unavailable(message: str, kind: str) -> ApiError:
    """Status 503, with the word to try again."""
    return ApiError(503, message, kind, headers={"Retry-After": RETRY_SECONDS})


INTERNAL = ApiError(500, "something went wrong here; the log has it under the request's id")


def error_response(error: ApiError) -> Response:
    """An error as a response, in ASCII: a text that was sent may be none in UTF-8."""
    detail = ErrorDetail(kind=error.kind, message=error.detail, flaws=error.flaws)
    content = json.dumps({"error": detail.model_dump(by_alias=True)})
    return Response(content, error.status_code, error.headers, media_type="application/json")


def add_error_handlers(app: FastAPI) -> None:
    """Let an application answer every error in the one form."""

    def add(kind: type[Exception], form: Any) -> None:  # noqa: ANN401 - a function of just this kind
        async def handle(request: Request, error: Exception) -> Response:
            return error_response(form(request, error))

        app.add_exception_handler(kind, handle)

    add(HTTPException, lambda _, error: _of_http(error))
    add(RequestValidationError, lambda _, error: _of_validation(error))
    add(BrokenContractError, lambda _, error: ApiError(422, str(error), "broken_contract"))
    add(UnknownRowError, _of_unknown_row)
    add(NotReadyError, lambda _, error: unavailable(str(error), "not_ready"))
    add(ModelUnfitError, lambda _, error: unavailable(str(error), "model_unfit"))
    add(Exception, lambda *_: INTERNAL)


def _of_http(error: HTTPException) -> ApiError:
    if isinstance(error, ApiError):
        return error
    return ApiError(error.status_code, error.detail, headers=error.headers)


def _of_unknown_row(request: Request, error: UnknownRowError) -> ApiError:
    """404 where the path names the row, 422 where the body names some."""
    return ApiError(404 if request.path_params else 422, str(error), "unknown_row")


def _of_validation(error: RequestValidationError) -> ApiError:
    flaws = [_flaw(detail) for detail in error.errors()]
    if any(detail["type"] == "json_invalid" for detail in error.errors()):
        return ApiError(422, "the body is no JSON", flaws=flaws)
    number = "one flaw" if len(flaws) == 1 else f"{len(flaws)} flaws"
    return ApiError(422, f"the request has {number}", flaws=flaws)


def _flaw(detail: Mapping[str, Any]) -> RequestFlaw:
    kind, message = detail["type"], str(detail["msg"])
    where = _place(detail["loc"])
    if kind == "json_invalid":
        return RequestFlaw(where=where, expected="JSON", actual=str(detail["ctx"]["error"]))
    if kind == "missing":
        return RequestFlaw(where=where, expected="a value", actual="nothing")
    if kind == "extra_forbidden":
        return RequestFlaw(where=where, expected="no such name", actual=shown_value(detail["input"]))
    return RequestFlaw(where=where, expected=message.removeprefix(FORM), actual=shown_value(detail["input"]))


def _place(steps: Sequence[str | int]) -> str:
    """Where a flaw is: `rows[3].id` of a body, `query.explain` elsewhere."""
    inside = list(steps[1:] if steps[0] == "body" else steps)
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in inside)
    return place.removeprefix(".") or "body"
