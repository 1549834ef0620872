"""Services and workers as processes of their own, what they work on, and their log."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kwhen.operations import homes
from kwhen.operations.credentials import every_organisation
from kwhen.operations.deployment import open_deployment
from kwhen.operations.webhooks import WebhookWish, set_webhook
from kwhen.records import Environment, Tenant
from kwhen.settings import read_settings
from tests.proof.served import Site, ask, wait_for
from tests.reading import ROOT

COMMAND = "from kwhen.cli import main; main()"
PAGE_COUNT = 1000  # of the log, at once
START_S = 180.0  # of processes that start together, on a machine that is busy


@dataclass(kw_only=True)
class Process:
    """One of the processes that are killed and started again."""

    words: list[str]
    site: Site
    log: Path
    running: subprocess.Popen[bytes] | None = None
    begun_at: int = 0
    kills: int = field(default=0)

    def start(self) -> None:
        self.begun_at = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as out:
            self.running = subprocess.Popen(
                [sys.executable, "-c", COMMAND, *self.words],
                cwd=ROOT,
                env={**os.environ, **self.site.words},
                stdout=out,
                stderr=out,
            )

    def kill(self) -> None:
        assert self.running is not None
        self.running.kill()
        self.running.wait()
        self.kills += 1

    def stop(self) -> None:
        assert self.running is not None
        self.running.terminate()
        assert self.running.wait(60) == 0, self.log.read_text()[-4000:]

    def port(self) -> int | None:
        """The port of a service that listens."""
        assert self.running is not None and self.running.poll() is None, self.log.read_text()
        for line in self.log.read_bytes()[self.begun_at :].splitlines():
            if b'"url"' in line:
                return int(json.loads(line)["url"].rpartition(":")[2])
        return None


def fill(site: Site, url: str, homes_count: int) -> list[str]:
    """Homes and a webhook of the site's tenant; says the ids of the homes."""
    deployment = open_deployment(
        read_settings(
            data=site.folder,
            database_url=site.database_url,
            secret=site.words["KWHEN_SECRET"],
            allow_loopback_targets=True,
        )
    )
    org_id = every_organisation(deployment)[0].id
    with deployment.writing(Tenant(org_id, Environment.SANDBOX)) as work:
        wish = WebhookWish(url=url, security_key="key", open_adr=False, more={})
        set_webhook(work, wish)
        facts = {"name": "A", "zipcode": "94107", "rate_plan_id": "14328/E-ELEC"}
        made = [homes.create_home(work, facts).id for _ in range(homes_count)]
    deployment.close()
    return made


def listed(site: Site, port: int, **body: Any) -> list[dict[str, Any]]:
    """A page of the delivery log."""
    path, key = "/v1/webhook/price_signal/deliveries/list", {"x-ws-api-key": site.key}
    status, page = ask(port, "POST", path, {"pageSize": PAGE_COUNT, **body}, key)
    assert status == 200, page
    return list(page)


def delivered(site: Site, port: int) -> list[dict[str, Any]]:
    """The whole delivery log, read page by page."""
    found = page = listed(site, port)
    while len(page) == PAGE_COUNT:
        page = listed(site, port, before=page[-1]["id"])
        found += page
    return found


def trigger(site: Site, service: Process) -> None:
    """Ask until it was accepted: the same key makes it one run however often it is asked."""
    headers = {"x-ws-api-key": site.key, "idempotency-key": "once"}

    def asked() -> bool:
        port = service.port()
        try:
            return bool(port) and ask(
                port, "POST", "/v1/webhook/price_signal/trigger", {}, headers
            ) == (200, b"")
        except OSError:
            return False

    wait_for("an accepted trigger", asked, START_S)
