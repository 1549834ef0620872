"""Threads in which requests are answered, so that the loop goes on hearing of others.

A hop costs a third of Starlette's `run_in_threadpool` with its cancellation, which no handler uses.
"""

from asyncio import get_running_loop
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TypeVar

T = TypeVar("T")

THREADS_COUNT = 40  # fewer than connections of a database
_POOL = ThreadPoolExecutor(THREADS_COUNT, thread_name_prefix="kwhen")  # started as they are needed


async def on_thread(call: Callable[..., T], *values: object) -> T:
    """What a call gives, made on a thread in the context of whoever waits for it."""
    run = partial(copy_context().run, call, *values)
    return await get_running_loop().run_in_executor(_POOL, run)
