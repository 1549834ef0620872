"""Write openapi.json, the committed description of the HTTP API.

A change that would break clients is named and refused, unless --accept-breaking says that it is
wanted.
"""

import json
import re
import sys
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from kwhen.service.app import ROUTERS
from kwhen.service.openapi import document
from tools.api_changes import breaking

FILE = Path(__file__).parents[1] / "openapi.json"
ACCEPT = "--accept-breaking"
NUMBERS = re.compile(r"\[\s+(-?\d[\d.,\s-]*?)\s+\]")


def current() -> dict[str, Any]:
    """The document of the routes as they are: a copy, which may be changed."""
    return deepcopy(_made())


@cache
def _made() -> dict[str, Any]:
    return document([route for router in ROUTERS for route in router.routes])


def text_of(whole: dict[str, Any]) -> str:
    """The document as it is committed: indented, but arrays of numbers on one line."""
    text = json.dumps(whole, indent=1, ensure_ascii=False)
    return NUMBERS.sub(lambda found: f"[{''.join(found[1].split())}]", text) + "\n"


def main(words: list[str]) -> str | None:
    """Write the file; what breaks clients comes back as the reason not to."""
    whole = current()
    found = breaking(json.loads(FILE.read_text(encoding="utf-8")), whole) if FILE.exists() else []
    if found and ACCEPT not in words:
        told = "\n".join(f"  {one}" for one in found)
        return f"This breaks clients:\n{told}\nIf it is wanted: make openapi BREAKING=accept"
    FILE.write_text(text_of(whole), encoding="utf-8")
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
