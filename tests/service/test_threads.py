"""The threads of hot routes: each call is made once, in the context of whoever waits for it."""

import asyncio
from contextvars import ContextVar
from threading import Barrier, Event, get_ident

import pytest

from kwhen.service.threads import THREADS_COUNT, on_thread

WHO = ContextVar("WHO", default="nobody")


def test_calls_that_find_no_thread_free_wait_in_their_turn() -> None:
    together = Barrier(THREADS_COUNT)  # passed only if so many run at once
    order: list[int] = []

    def call(number: int) -> int:
        if number < THREADS_COUNT:
            together.wait(timeout=30)
        order.append(number)
        return number

    async def ask() -> list[int]:
        return await asyncio.gather(*(on_thread(call, number) for number in range(100)))

    assert asyncio.run(ask()) == list(range(100))
    assert sorted(order) == list(range(100))


def test_one_after_the_other_they_go_to_the_same_thread() -> None:
    async def ask() -> set[int]:
        return {await on_thread(get_ident) for _ in range(20)}

    assert len(asyncio.run(ask())) == 1


def test_a_call_has_the_context_of_its_caller_and_changes_it_not() -> None:
    def call() -> str:
        said = WHO.get()
        WHO.set("the thread")
        return said

    async def ask(name: str) -> tuple[str, str]:
        WHO.set(name)
        return await on_thread(call), WHO.get()

    async def both() -> tuple[tuple[str, str], tuple[str, str]]:
        return await asyncio.gather(ask("north"), ask("south"))

    assert list(asyncio.run(both())) == [("north", "north"), ("south", "south")]
    assert WHO.get() == "nobody"


def test_an_error_comes_to_the_caller_and_the_thread_goes_on() -> None:
    async def ask() -> int:
        for _ in range(THREADS_COUNT + 1):
            with pytest.raises(ZeroDivisionError):
                await on_thread(divmod, 1, 0)
        return await on_thread(abs, -7)

    assert asyncio.run(ask()) == 7


@pytest.mark.parametrize("is_loop_closed", [False, True])
def test_nobody_who_waits_is_no_error(is_loop_closed: bool) -> None:
    begun, go_on, ended = Event(), Event(), Event()

    def call() -> None:
        begun.set()
        go_on.wait(30)
        ended.set()

    async def ask() -> None:
        waiting = asyncio.create_task(on_thread(call))
        await asyncio.to_thread(begun.wait, 30)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        if not is_loop_closed:
            go_on.set()
            await asyncio.to_thread(ended.wait, 30)

    asyncio.run(ask())
    go_on.set()
    assert ended.wait(30)
    assert asyncio.run(on_thread(abs, -7)) == 7
