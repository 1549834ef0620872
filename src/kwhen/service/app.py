"""The application: layers, routes and problems put together."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from kwhen.operations.deployment import Deployment
from kwhen.service.hot import ShortWay
from kwhen.service.observe import HeadLimits, Metrics, Observer
from kwhen.service.portal import assets as portal_assets
from kwhen.service.portal.routers import PORTAL_ROUTERS
from kwhen.service.problems import tell_problems
from kwhen.service.routes import (
    agents,
    batch,
    compare,
    docs,
    feedback,
    health,
    homes,
    impact,
    price_signal,
    sessions,
    usage,
    utility,
    webhooks,
)
from kwhen.service.sweep import sweeping
from kwhen.service.vtn.routers import VTN_ROUTERS

ROUTERS = (
    utility.router,
    homes.once,
    homes.router,
    usage.router,
    price_signal.router,
    price_signal.reading,
    impact.router,
    compare.router,
    batch.router,
    webhooks.router,
    webhooks.once,
    sessions.router,
    agents.router,
    feedback.router,
    health.router,
)


Beside = Callable[[Deployment], AbstractContextManager[object]]


def create_app(deployment: Deployment, beside: Beside = nullcontext) -> FastAPI:
    """The service of a deployment as an ASGI application; it closes the deployment at its end.

    `beside` is what runs for as long as the service does, such as a worker.
    """
    metrics = Metrics()
    # Flat: a 405 then finds every method of a path.
    routers = (*ROUTERS, *VTN_ROUTERS, *PORTAL_ROUTERS)
    routes = [route for router in routers for route in router.routes]
    routes += [*portal_assets.routes, *docs.routes]

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        running = beside(deployment)
        await run_in_threadpool(running.__enter__)
        try:
            async with sweeping(deployment):
                yield
        finally:
            await run_in_threadpool(running.__exit__, None, None, None)
            deployment.close()

    app = FastAPI(
        title="kwhen API",
        lifespan=lifespan,
        routes=routes,
        # Its own would tell a tracer of queries, by which links sign in; ours is in `tracing.py`.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.deployment = deployment
    app.state.metrics = metrics
    tell_problems(app)
    app.add_middleware(ShortWay, routes=app.routes)
    app.add_middleware(HeadLimits)
    app.add_middleware(Observer, metrics=metrics)  # around the others
    return app
