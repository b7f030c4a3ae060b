"""An application, settings and metrics -> the application with keys, limits, logs, metrics and headers around it."""

from starlette.types import ASGIApp

from ontime.service.edge.exchanges import Exchanges
from ontime.service.edge.keys import KeyIdentity, KeyRequired
from ontime.service.edge.limits import BodyLimit, ConcurrencyLimit, RateLimit, TimeLimit, TokenBuckets
from ontime.service.edge.logs import log_exchange
from ontime.service.edge.metrics import Metrics
from ontime.service.edge.security_headers import SecurityHeaders
from ontime.service.edge.settings import EdgeSettings


def guarded(app: ASGIApp, settings: EdgeSettings, metrics: Metrics) -> ASGIApp:
    """The application with everything around it; what a request passes first is built last.

    How an application uses all parts:

        settings = EdgeSettings(keys=keys_of(os.environ))
        check_address(host, settings.keys)
        log_as_json(sys.stderr)
        metrics = Metrics()
        metrics.add_gauge("queue_length", "Events that wait to be written.", queue.qsize)
        metrics.add_gauges("source_age_seconds", "Seconds since a source was heard from.", "source", ages)

        app = FastAPI(docs_url=None, redoc_url=None, lifespan=lifespan)
        add_error_handlers(app)
        add_docs(app)
        predictions = APIRouter(
            prefix="/v1", responses=ERROR_RESPONSES, dependencies=[Depends(Requires("predict"))]
        )

        @predictions.post("/predictions")
        async def predict(question: Question) -> Predictions: ...  # raises ApiError, or an error of ontime.errors

        app.include_router(predictions)
        app.add_api_route("/metrics", metrics.scrape, include_in_schema=False)
        run_server(guarded(app, settings, metrics), host, port)
    """
    limited = TimeLimit(BodyLimit(app, settings.body_bytes), settings.seconds)
    allowed = KeyRequired(limited, settings.open_paths)
    buckets = TokenBuckets(settings.requests_per_second, settings.burst)
    identified = KeyIdentity(RateLimit(allowed, buckets, settings.unlimited_paths), settings.keys)
    bounded = ConcurrencyLimit(identified, settings.concurrent, settings.unlimited_paths)
    return Exchanges(SecurityHeaders(bounded), (log_exchange, metrics.record), metrics.begin)
