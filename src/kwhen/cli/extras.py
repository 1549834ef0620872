"""Which extras of kwhen are installed, by what the package itself says that they need."""

import re
import sys
from collections.abc import Mapping

NOT_FOR_USE = ("all", "dev")  # the first is the sum of others
_REQUIREMENT = re.compile(r"([\w.-]+).*extra == ['\"]([\w-]+)['\"]")
_NOT_HERE = "sys_platform != 'win32'"


def extras() -> Mapping[str, tuple[str, ...]]:
    """What each extra needs, by its name."""
    from importlib import metadata  # slow to load, for what few commands ask

    found: dict[str, list[str]] = {}
    for line in metadata.requires("kwhen") or ():
        read = _REQUIREMENT.match(line)
        if read is None or read[2] in NOT_FOR_USE:
            continue
        if sys.platform == "win32" and _NOT_HERE in line.replace('"', "'"):
            continue
        found.setdefault(read[2], []).append(read[1])
    return {name: tuple(needed) for name, needed in sorted(found.items())}


def lacking(extra: str) -> list[str]:
    """What an extra needs and is not installed."""
    return [name for name in extras().get(extra, ()) if not _is_installed(name)]


def _is_installed(name: str) -> bool:
    from importlib import metadata

    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
