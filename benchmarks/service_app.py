"""The service as it is benchmarked: the real one, with a route of constant bytes beside it."""

import logging
import os
from pathlib import Path

import structlog
from fastapi import FastAPI
from starlette.responses import Response

from kwhen.operations.deployment import Deployment, open_deployment
from kwhen.service.app import create_app
from kwhen.service.door import ReadWork
from kwhen.service.hot import gated_hot
from kwhen.service.routes.homes import TheHome
from kwhen.service.routes.price_signal import Reader
from kwhen.settings import Settings, read_settings

FOLDER, CONSTANT = "KWHEN_BENCH_DATA", "constant.json"


def settings_in(folder: Path) -> Settings:
    """Settings of the benchmark: no request is refused for its number."""
    return read_settings(data=folder, rate_limit_per_minute=1_000_000_000)


def quiet() -> None:
    """Have only errors logged."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        cache_logger_on_first_use=True,  # as the service does
    )


def make_app() -> FastAPI:
    """The app of a worker process."""
    quiet()
    return with_constant(open_deployment(settings_in(Path(os.environ[FOLDER]))))


def with_constant(deployment: Deployment) -> FastAPI:
    """The app, and a route of the same kind that passes the gate and answers bytes made before."""
    app = create_app(deployment)
    body = (deployment.settings.data / CONSTANT).read_bytes()
    router = gated_hot("/v1/homes", "benchmark")

    @router.post("/{id}/constant")
    def constant(id: TheHome, caller: Reader, work: ReadWork) -> Response:
        return Response(body, media_type="application/json")

    app.router.routes[:0] = router.routes
    return app
