"""The HTTP interface: what comes in is checked and handed to the part that does the work; its answer is sent back."""

# Without `from __future__ import annotations`: FastAPI reads the models, which are made from the contract, as they are.
import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, FastAPI, Header, Path, Response
from fastapi.concurrency import run_in_threadpool

from ontime.core.features.table import declared_features
from ontime.core.serving.message_json import day_text, feed_dtypes, moment_of_text, moment_text, values_of_json
from ontime.errors import BrokenContractError, NotReadyError, UnknownRowError
from ontime.service.edge.docs_page import add_docs
from ontime.service.edge.error_form import ERROR_RESPONSES, add_error_handlers, error_responses
from ontime.service.edge.keys import Requires
from ontime.service.ingest import Batch, TakenIn
from ontime.service.live import Live, RowReply
from ontime.service.schemas import LONGEST_TEXT, NO_NUL, FeedbackGiven, HeartbeatSent, Mode, Predictions, Taken
from ontime.service.service import Service

INLINE = 20  # rows that are answered at once: a thread would cost more than they do
REASONS = 5
ABOUT = "How likely it is that a row's outcome will be true, as of now; and what came of it."
JSON = "application/json"
IdempotencyKey = Annotated[
    str | None,
    Header(min_length=1, max_length=128, description="the same request with the same key gets the same answer"),
]

RowName = Annotated[str, Path(min_length=1, max_length=LONGEST_TEXT, pattern=NO_NUL)]  # may hold slashes


def make_app(service: Service) -> FastAPI:
    """The app of a service that is started."""
    app = FastAPI(title=service.live.dataset.name, description=ABOUT, version="1", docs_url=None, redoc_url=None)
    add_error_handlers(app)
    for router in (_predictions(service), _events(service), _feedback(service), _rows(service), _operations(service)):
        app.include_router(router)
    add_docs(app)  # last: routes are looked through in their order
    return app


def _predictions(service: Service) -> APIRouter:
    router, live, request = _router("predict"), service.live, service.schemas.predictions
    meanings = {feature.name: feature.meaning for feature in declared_features(live.dataset.features)}

    @router.post("/v1/predictions", responses={200: {"model": Predictions}})
    async def predictions(
        body: request, explain: bool = False, features: bool = False, idempotency_key: IdempotencyKey = None
    ) -> Response:
        """The answers to up to 1,000 rows, as of now; all of them, or none with everything that is wrong."""
        request_text = body.model_dump_json() if idempotency_key else ""
        if idempotency_key:
            kept = await run_in_threadpool(service.records.reply, idempotency_key, request_text)
            if kept is not None:
                return Response(kept, media_type=JSON)
        ids = live.ids([_key(service.schemas.key, row) for row in body.rows])
        now, reasons = service.clock.now(), REASONS if explain else 0
        if len(ids) <= INLINE:
            replies = live.answer(ids, now, reasons)
        else:
            replies = await run_in_threadpool(live.answer, ids, now, reasons)
        ages = live.ages(now)
        lines = [_prediction(reply, ages, meanings if explain else None) for reply in replies]
        if features:
            lines = [line | {"features": _read(live, reply)} for line, reply in zip(lines, replies, strict=True)]
        content = json.dumps({"predictions": lines}, separators=(",", ":"))
        if not idempotency_key:
            service.records.answers(replies, body.user, now)
            return Response(content, media_type=JSON)
        kept = service.records.once(idempotency_key, request_text, replies, body.user, now, content)
        return Response(await asyncio.wrap_future(kept), media_type=JSON)

    return router


def _events(service: Service) -> APIRouter:
    router, live, request = _router("events"), service.live, service.schemas.events
    dtypes = feed_dtypes(live.dataset.tables, live.dataset.messages)

    @router.post("/v1/events", responses={200: {"model": Taken}})
    async def events(body: request) -> Response:
        """Messages and heartbeats are on disk and read by predictions when this answers; repeated, nothing changes."""
        heartbeats = _heartbeats(live.dataset.stress.sources, body.heartbeats)
        given = [(one["feed"], values_of_json(dtypes[one["feed"]], one["values"])) for one in body.messages]
        batch = Batch(live.admission.typed(given), heartbeats)
        future = await run_in_threadpool(service.ingest.submit, batch)
        return Response(json.dumps(_taken(await asyncio.wrap_future(future))), media_type=JSON)

    return router


def _feedback(service: Service) -> APIRouter:
    router = _router("feedback")

    @router.post("/v1/feedback", status_code=204)
    async def feedback(body: FeedbackGiven) -> None:
        """Keep what a user says of a prediction, in place of what was said of it before."""
        await asyncio.wrap_future(service.records.feedback(body, service.clock.now()))

    return router


def _rows(service: Service) -> APIRouter:
    router = _router("predict")

    @router.get("/v1/rows/{name:path}", responses=error_responses(404))
    async def row(name: RowName) -> dict[str, Any]:
        """What is known of a row, what was predicted of it, and what came."""
        known = service.live.state.row(name)
        history = await run_in_threadpool(service.history, name)
        if known is None and not any(history.values()):
            raise UnknownRowError(f"expected the id of a row whose schedule has come, found {name[:64]}")
        return {"id": name, "known": _known(known), **history}

    return router


def _operations(service: Service) -> APIRouter:
    router, live, open_router = _router("admin"), service.live, APIRouter(tags=["health"])

    @router.get("/v1/models")
    async def models() -> dict[str, Any]:
        """What answers now, and what is wrong with what is in the bundle's folder, if anything is."""
        return {
            "answers": live.answering.version,
            "lead_hours": live.lead_hours,
            "climatology_only": live.climatology_only,
            "problem": service.watch.problem,
        }

    @router.put("/v1/mode")
    async def mode(body: Mode) -> Mode:
        """The kill switch. It stays as it is when the service is started anew."""
        await run_in_threadpool(service.watch.switch_to, climatology_only=body.climatology_only)
        return body

    @open_router.get("/health/live")
    async def alive() -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @open_router.get("/health/ready", responses=error_responses(503))
    async def ready() -> dict[str, str]:
        """Rows are known, and something answers; else 503."""
        if problem := live.problem():
            raise NotReadyError(problem)
        return {"status": "ready", "answers": live.answering.version or "climatology"}

    both = APIRouter()
    both.include_router(router)
    both.include_router(open_router)
    return both


def _router(scope: str) -> APIRouter:
    """Routes that need a key with this scope."""
    return APIRouter(tags=[scope], dependencies=[Depends(Requires(scope))], responses=ERROR_RESPONSES)


def _read(live: Live, reply: RowReply) -> dict[str, float | None] | None:
    """What the model read of a row: numbers, and categories by their place in its list."""
    answerer = live.answering.answerer
    if answerer is None or reply.features is None or reply.model != answerer.bundle.version:
        return None
    numbers = [None if math.isnan(number) else number for number in reply.features.tolist()]
    return dict(zip(answerer.bundle.model.inputs.types, numbers, strict=True))


def _key(dtypes: Mapping[str, str], row: Mapping[str, Any]) -> tuple[Any, ...]:
    values = values_of_json(dtypes, row)
    return tuple([values[name] for name in dtypes])


def _heartbeats(sources: Mapping[str, Any], heartbeats: Sequence[HeartbeatSent]) -> list[tuple[str, int]]:
    """Sources and moments. Raises BrokenContractError with every source that there is not."""
    if wrong := [
        f"heartbeats[{place}].source: expected one of {', '.join(sources)}, found {one.source}"
        for place, one in enumerate(heartbeats)
        if one.source not in sources
    ]:
        raise BrokenContractError("\n".join(wrong))
    return [_heartbeat(one) for one in heartbeats]


def _heartbeat(sent: HeartbeatSent) -> tuple[str, int]:
    moment = moment_of_text(sent.at)
    assert moment is not None  # the schema refuses what names none
    return sent.source, int(moment.astype(np.int64))


def _prediction(
    reply: RowReply, ages: Mapping[str, float | None], meanings: Mapping[str, str] | None
) -> dict[str, Any]:
    answer = reply.answer
    content: dict[str, Any] = {
        "id": reply.row["id"],
        "prediction_id": reply.prediction_id,
        "probability": answer.probability,
        "decision": answer.decision,
        "conformal_set": answer.conformal_set,
        "version": reply.version,
        "predict_at": moment_text(reply.predict_at),
        "provisional": reply.provisional,
        "received": reply.received,
        "ages": ages,
        "degraded": reply.degraded,
    }
    if meanings is not None:
        content["reasons"] = [one._asdict() | {"meaning": meanings[one.feature]} for one in answer.reasons]
    return content


def _taken(taken: TakenIn) -> dict[str, Any]:
    quarantined = [
        {"table": table, "row": row.name, "column": one.column, "rule": one.rule, "value": one.value}
        for table, rows in taken.changed.items()
        for row in rows
        for one in row.violations
    ]
    return {
        "taken": taken.taken,
        "repeated": taken.repeated,
        "quarantined": quarantined,
        "received": taken.received,
    }


def _known(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A row as it stands, with its moments as text; what came of it is told apart."""
    if row is None:
        return None
    moments = {name: moment_text(row[name]) for name in ("starts_at", "predict_at")}
    kept = {name: value for name, value in row.items() if not name.startswith("outcome")}
    return kept | moments | {"day": day_text(row["day"])}
