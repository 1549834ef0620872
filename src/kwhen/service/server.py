"""The service as processes: one, or several under a supervisor that replaces those that die."""

import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import structlog
from starlette.types import ASGIApp
from uvicorn import Config, Server
from uvicorn.supervisors import Multiprocess

from kwhen.config import variable
from kwhen.errors import KwhenError, SettingError
from kwhen.operations.deployment import Deployment, open_deployment
from kwhen.service.listener import address_url, open_listener
from kwhen.service.logs import configure_logs
from kwhen.service.protocol import KEEP_ALIVE_S, BoundedProtocol
from kwhen.service.threads import share_memory
from kwhen.service.tracing import is_tracing, traced
from kwhen.settings import Settings, read_settings

log = structlog.get_logger("kwhen")
FACTORY = "kwhen.service.server:make_app"
LOOPBACK = "127.0.0.1"
STARTING_S = 30  # that a worker gets on a busy machine before it is replaced
# prometheus_client reads it when it is imported, so nothing above imports that library.
COUNTED_TOGETHER = "PROMETHEUS_MULTIPROC_DIR"

Ready = Callable[[str], None]
Beside = Callable[[Deployment], AbstractContextManager[object]]


def serve(
    settings: Settings,
    given: Mapping[str, object],
    ready: Ready,
    beside: Beside = nullcontext,
) -> None:
    """Answer requests until a signal ends it; those that were accepted are finished.

    Parameters
    ----------
    given : the settings that came neither from the environment nor from the file
    ready : told the address once connections are taken
    beside : what runs together with the service where that is a single process

    Raises
    ------
    SettingError
    """
    configure_logs(settings)
    with _stopped_by_signal(), ExitStack() as stack:
        listener = stack.enter_context(open_listener(settings.host, settings.port))
        os.environ.pop(COUNTED_TOGETHER, None)
        if settings.workers == 1:
            run = _one(settings, listener, stack, beside)
        else:
            run = _several(settings, given, listener, stack)
        url = address_url(listener)
        log.info("listening", url=url, workers=settings.workers)
        ready(url)
        run()


def make_app() -> ASGIApp:
    """The application of a worker, by the settings in its environment."""
    try:
        settings = read_settings()
        configure_logs(settings)
        from kwhen.service.app import create_app

        _end_with_supervisor()
        share_memory()
        return traced(create_app(open_deployment(settings)))
    except Exception as error:  # the supervisor tries again: a database may come back
        log.error("a worker could not start", exc_info=error)
        sys.exit(1)


def _end_with_supervisor() -> None:
    """A worker whose supervisor was killed ends as well, or it would keep the port."""
    supervisor = multiprocessing.parent_process()

    def wait() -> None:
        if supervisor is not None:
            supervisor.join()
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _one(
    settings: Settings, listener: socket.socket, stack: ExitStack, beside: Beside
) -> Callable[[], None]:
    """One process: this one."""
    from kwhen.service.app import create_app

    share_memory()
    app = create_app(open_deployment(settings), beside)
    _serve_metrics(settings, app.state.metrics.registry, stack)
    server = Server(_config(settings, traced(app)))

    def run() -> None:
        try:
            server.run(sockets=[listener])
        except SystemExit as error:  # uvicorn's way to say that the start failed
            raise KwhenError("the service could not start; its log says why") from error

    return run


def _several(
    settings: Settings, given: Mapping[str, object], listener: socket.socket, stack: ExitStack
) -> Callable[[], None]:
    """Several processes; tables and secret are made before the first of them starts."""
    open_deployment(settings).close()
    log.info("webhooks are sent by another process: run `kwhen worker` as well")
    is_tracing()  # says here, and not in each of them, what is not installed
    os.environ.update({variable(name): str(value) for name, value in given.items()})
    folder = stack.enter_context(TemporaryDirectory(prefix="kwhen-metrics-"))
    os.environ[COUNTED_TOGETHER] = folder

    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    _serve_metrics(settings, registry, stack)
    return Supervisor(_config(settings, FACTORY), sockets=[listener]).run


class Supervisor(Multiprocess):
    """uvicorn's supervisor, which takes what a dead worker was doing out of the counts."""

    def keep_subprocess_alive(self) -> None:
        """Replace the workers that died."""
        from prometheus_client.multiprocess import mark_process_dead

        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            mark_process_dead(pid, os.environ[COUNTED_TOGETHER])  # type: ignore[no-untyped-call]


def _config(settings: Settings, app: ASGIApp | str) -> Config:
    return Config(
        app,
        factory=isinstance(app, str),
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        interface="asgi3",
        workers=settings.workers,
        log_config=None,
        access_log=False,  # the observer tells of every request
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=settings.shutdown_grace_s,
        timeout_worker_healthcheck=STARTING_S,
    )


def _serve_metrics(settings: Settings, registry: Any, stack: ExitStack) -> None:
    """/metrics on a port of its own, where one is set; 0 is none at all."""
    if not settings.metrics_port:
        return
    from prometheus_client import start_http_server

    try:
        server, _ = start_http_server(settings.metrics_port, LOOPBACK, registry)
    except OSError as error:
        raise SettingError(
            f"KWHEN_METRICS_PORT: cannot listen on {LOOPBACK}, port {settings.metrics_port}: "
            f"{error.strerror}"
        ) from error
    stack.callback(server.server_close)
    stack.callback(server.shutdown)


class _Stopped(BaseException):
    """The process was asked to end."""


@contextmanager
def _stopped_by_signal() -> Iterator[None]:
    """SIGTERM and Ctrl-C end what is inside, and are no errors."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise _Stopped

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    except _Stopped:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
