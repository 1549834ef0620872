"""Threads of the routes that are called most: few, and quickly reached.

With many requests at once a hop costs less than half of Starlette's `run_in_threadpool`, which all
other routes have; its cancellation is not used here. Figures: decision 0011.
"""

import ctypes
from asyncio import get_running_loop
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TypeVar

T = TypeVar("T")

THREADS_COUNT = 8  # more hinder each other: they share one interpreter
_POOL = ThreadPoolExecutor(THREADS_COUNT, thread_name_prefix="kwhen")  # started as they are needed
ARENAS = (-8, 2)  # M_ARENA_MAX of glibc's malloc.h, and how many there may be


async def on_thread(call: Callable[..., T], *values: object) -> T:
    """What a short call gives, made on a thread in the context of whoever waits for it."""
    run = partial(copy_context().run, call, *values)
    return await get_running_loop().run_in_executor(_POOL, run)


def share_memory() -> None:
    """Have threads take memory from two places: each of its own would hold a large body's worth."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # of Linux
    if mallopt is not None:
        mallopt(*ARENAS)
