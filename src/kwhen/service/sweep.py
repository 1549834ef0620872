"""The sweep of a process: when it starts, and every hour."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from starlette.concurrency import run_in_threadpool

from kwhen.operations.deployment import Deployment
from kwhen.operations.upkeep import sweep

log = structlog.get_logger("kwhen")
EVERY_S = 3600.0


@asynccontextmanager
async def sweeping(deployment: Deployment) -> AsyncIterator[None]:
    """Sweep for as long as the service runs."""
    task = asyncio.create_task(_sweep_for_ever(deployment))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _sweep_for_ever(deployment: Deployment) -> None:
    while True:
        try:
            await run_in_threadpool(sweep, deployment)
        except Exception as error:  # of the database: the next hour tries again
            log.error("the sweep failed", exc_info=error)
        await asyncio.sleep(EVERY_S)
