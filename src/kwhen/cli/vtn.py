"""`kwhen vtn client`: OAuth clients of the OpenADR server."""

from typing import Annotated

import typer

from kwhen.cli import operating, options
from kwhen.cli.page import emit, page, prose

CREATE_EXAMPLE = "kwhen vtn client create --org org_… --role ven --name thermostats"
LIST_EXAMPLE = "kwhen vtn client list --org org_…"
REVOKE_EXAMPLE = "kwhen vtn client revoke vtn_client_… --org org_…"
