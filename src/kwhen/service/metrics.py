"""What is counted, as Prometheus reads it."""

import os

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from kwhen.service.observe import Metrics

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # where several processes count together
MEDIA_TYPE = CONTENT_TYPE_LATEST


def metrics_bytes(metrics: Metrics) -> bytes:
    """The counts of this process, or of all workers where there are several."""
    if not os.environ.get(SHARED_FOLDER):
        return generate_latest(metrics.registry)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
