"""What the commands of an operator share: the extra they need, settings, the deployment."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kwhen.errors import SettingError

if TYPE_CHECKING:
    from kwhen.operations.deployment import Deployment
    from kwhen.settings import Settings

SERVICE = (
    "fastapi", "uvicorn", "httptools", "pydantic", "pydantic_settings", "sqlalchemy", "alembic",
    "psycopg", "orjson", "zstandard", "python_multipart", "cryptography", "structlog",
    "prometheus_client", "fastapi_swagger",
)  # fmt: skip

Data = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder of the database file and the secret: KWHEN_DATA."),
]
Database = Annotated[
    str | None,
    typer.Option(metavar="URL", help="sqlite:///… or postgresql://…: KWHEN_DATABASE_URL."),
]


def chosen(**given: object) -> "Settings":
    """The settings, where those given on the command line win.

    Raises
    ------
    SettingError
        A setting is wrong, or the service is not installed.
    """
    lacking = [name for name in SERVICE if find_spec(name) is None]
    if lacking:
        raise SettingError(
            f"this needs {', '.join(lacking)}; install the extra of the service with: "
            "pip install 'kwhen[service]'"
        )
    from kwhen.settings import read_settings

    return read_settings(**given)


@contextmanager
def opened(data: Path | None, database: str | None) -> Iterator["Deployment"]:
    """The deployment of the settings, its tables brought up to date.

    Raises
    ------
    SettingError
    """
    settings = chosen(data=data, database_url=database)
    from kwhen.operations.deployment import open_deployment

    deployment = open_deployment(settings)
    try:
        yield deployment
    finally:
        deployment.close()
