"""Threads of the routes that are called most: few, quickly reached, and the warm one first.

A hop costs a quarter of Starlette's `run_in_threadpool`, which all other routes have; its
cancellation is not used here. The standard library's pool costs twice as much as this one, and
gives the next call to the thread that rested longest, whose memory is no longer in the cache.
"""

import ctypes
from asyncio import AbstractEventLoop, Future, get_running_loop
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

T = TypeVar("T")
Told = Callable[[], object]
Task = Callable[[], Told]  # raises nothing; gives what tells of its end
Box = SimpleQueue[Task]  # what a thread is to do next

THREADS_COUNT = 8  # more hinder each other: they share one interpreter
ARENAS = (-8, 2)  # M_ARENA_MAX of glibc's malloc.h, and how many there may be


class _Threads:
    """Threads that are started as they are needed; what finds none free waits in its turn."""

    def __init__(self, most_count: int) -> None:
        self._most_count = most_count
        self._count = 0
        self._lock = Lock()
        self._idle: list[Box] = []  # the one that was used last is at the end
        self._waiting: deque[Task] = deque()

    def do(self, task: Task) -> None:
        """Have a thread do something."""
        with self._lock:
            if self._idle:
                self._idle.pop().put(task)
            elif self._count < self._most_count:
                self._count += 1
                Thread(target=self._work, args=(task,), name="kwhen", daemon=True).start()
            else:
                self._waiting.append(task)

    def _work(self, task: Task) -> None:
        box: Box = SimpleQueue()
        while True:
            tell = task()
            with self._lock:  # idle before it is told: who waits may have the next call at hand
                next_task = self._waiting.popleft() if self._waiting else None
                if next_task is None:
                    self._idle.append(box)
            tell()
            del task, tell  # which hold a request, its answer and their caller's context
            task = next_task or box.get()


_THREADS = _Threads(THREADS_COUNT)


async def on_thread(call: Callable[..., T], *values: object) -> T:
    """What a short call gives, made on a thread in the context of whoever waits for it."""
    loop = get_running_loop()
    future: Future[T] = loop.create_future()
    context = copy_context()

    def task() -> Told:
        try:
            return partial(_tell, loop, _give, future, context.run(call, *values))
        except BaseException as error:  # it is told to whoever waits
            return partial(_tell, loop, _fail, future, error)

    _THREADS.do(task)
    return await future


def _tell(loop: AbstractEventLoop, *what: Any) -> None:
    with suppress(RuntimeError):  # the loop was closed: nobody waits
        loop.call_soon_threadsafe(*what)


def _give(future: Future[T], result: T) -> None:
    if not future.done():  # else whoever waited went away
        future.set_result(result)


def _fail(future: Future[T], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


def share_memory() -> None:
    """Have threads take memory from two places: each of its own would hold a large body's worth."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # of Linux
    if mallopt is not None:
        mallopt(*ARENAS)
