"""Seeing that imported plans or market data changed, so that homes are told new signals."""

import hashlib
from pathlib import Path

import structlog

from kwhen.catalog.import_store import FOLDER, mark_of
from kwhen.catalog.live.held import live_store
from kwhen.operations.deployment import Deployment
from kwhen.operations.webhooks import make_change_runs

log = structlog.get_logger("kwhen")
LONGEST_NAME_COUNT = 255


def see_changes(deployment: Deployment) -> int:
    """Make runs where something changed since it was last seen; says how many."""
    total_count = 0
    for folder, state in _states(deployment):
        mark = hashlib.sha256(state.encode()).hexdigest()
        count = make_change_runs(deployment, str(folder)[-LONGEST_NAME_COUNT:], mark)
        if count:
            log.info("prices may have changed", runs=count)
        total_count += count
    return total_count


def _states(deployment: Deployment) -> list[tuple[Path, str]]:
    """The folders that signals are made of, and what tells their states apart."""
    imports = deployment.stock.folder / FOLDER
    live = live_store(deployment.live_settings, deployment.stock).folder
    return [(imports, str(mark_of(imports))), (live, _state_of(live))]


def _state_of(folder: Path) -> str:
    files = folder.iterdir() if folder.is_dir() else ()
    held = (file for file in files if not file.name.startswith("."))  # not the log of refreshes
    return str(sorted((file.name, file.stat().st_mtime_ns) for file in held))
