"""Environments for the OpenADR clients that the tests run, each of its own, in `.venv-clients`.

Two of the clients share an import name, and one needs a newer Python than this project, so none
is among the requirements. What is there in the right version is left as it is. Where a client
cannot be installed the reason is printed, and the tests with it are skipped.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".venv-clients"
READY = "ready"
NEWER = ("python3.12", "python3.13", "python3.14")
VERSIONS = "~/.pyenv/versions"


@dataclass(frozen=True, kw_only=True)
class Client:
    """A client by its name and version; `least` is the Python that it needs."""

    name: str
    version: str
    least: tuple[int, int] = (3, 11)


CLIENTS = (
    Client(name="python-oa3-client", version="0.5.0"),
    Client(name="toadr3", version="0.29.0"),
    Client(name="openadr3-client", version="2.4.2", least=(3, 12)),
)


def pythons() -> list[str]:
    """Interpreters to choose from: this one, those on the path, those of pyenv."""
    found = [sys.executable, *(path for name in NEWER if (path := shutil.which(name)))]
    return found + [str(path) for path in sorted(Path(VERSIONS).expanduser().glob("*/bin/python"))]


def fits(python: str, least: tuple[int, int]) -> bool:
    """Whether an interpreter runs and is new enough to make an environment with pip."""
    code = f"import sys, venv, ensurepip; sys.exit(sys.version_info < {least})"
    return subprocess.run([python, "-c", code], capture_output=True).returncode == 0


def install(client: Client) -> str:
    """Make the environment of a client; says what became of it."""
    folder = FOLDER / client.name
    stamp = folder / READY
    if stamp.is_file() and stamp.read_text() == client.version:
        return f"{client.version} is there"
    python = next((path for path in pythons() if fits(path, client.least)), None)
    if python is None:
        return f"not installed: it needs Python {'.'.join(map(str, client.least))} or newer"
    shutil.rmtree(folder, ignore_errors=True)
    wanted = f"{client.name}=={client.version}"
    for command in (
        [python, "-m", "venv", str(folder)],
        [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet",
         "--disable-pip-version-check", wanted],
    ):  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            return f"not installed: {(done.stderr.strip() or 'no reason').splitlines()[-1]}"
    stamp.write_text(client.version)
    return f"{client.version} installed"


def main() -> None:
    """Make every environment that is lacking."""
    for client in CLIENTS:
        print(f"{client.name}: {install(client)}", flush=True)


if __name__ == "__main__":
    main()
