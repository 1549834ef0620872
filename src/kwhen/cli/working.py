"""`kwhen worker`: sends webhooks apart from the service."""

import signal
import threading

from kwhen.cli import operating, options
from kwhen.cli.page import emit, page, prose

EXAMPLE = "kwhen worker --database postgresql://kwhen@localhost/kwhen"


def work(
    data: operating.Data = None,
    database: operating.Database = None,
    json: options.Json = False,
) -> None:
    """Send webhooks until it is stopped; what is on its way is finished.

    Several workers share the work on PostgreSQL. One that dies is replaced by the others.
    """
    settings = operating.chosen(data=data, database_url=database)
    from kwhen.delivery.worker import working
    from kwhen.service.logs import configure_logs

    configure_logs(settings)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with operating.opened(data, database) as deployment, working(deployment):
        if json:
            emit({"ready": True})
        else:
            prose(page(), "kwhen worker is ready; Ctrl-C ends it.")
        stopped.wait()
