"""What the documents show is run: Python blocks, and the kwhen commands of console blocks."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.reading import ROOT, label

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```\s*$", re.MULTILINE | re.DOTALL)
PROMPT = "$ "
OURS = "kwhen"


def blocks(text: str, language: str) -> list[tuple[int, str]]:
    """Line number of the first line and text of each fenced block in a language."""
    return [
        (text.count("\n", 0, found.start(2)) + 1, found.group(2))
        for found in FENCE.finditer(text)
        if found.group(1) == language
    ]


def commands(text: str) -> list[tuple[int, str]]:
    """Line number and text of each kwhen command of the console blocks, continued lines joined."""
    found = []
    for start, block in blocks(text, "console"):
        joined = re.sub(r"\\\n", lambda _: "\0", block)  # one line, its length kept
        number = start
        for line in joined.split("\n"):
            command = line.removeprefix(PROMPT).replace("\0", " ")
            if line.startswith(PROMPT) and shlex.split(command)[:1] == [OURS]:
                found.append((number, command))
            number += 1 + line.count("\0")
    return found


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def run_python(file: Path, text: str) -> None:
    """Run the blocks of a document one after the other in one namespace."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    for start, block in blocks(text, "python"):
        padded = "\n" * (start - 1) + block  # a traceback names the line of the document
        exec(compile(padded, str(file), "exec"), namespace)


def run_command(command: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Exit code of a command, run through the entry point that the installed script calls."""
    from kwhen.cli import main

    monkeypatch.setattr(sys, "argv", shlex.split(command))
    try:
        code = main()
    except SystemExit as stop:
        code = stop.code
    return code if isinstance(code, int) else int(code is not None)


WITH_PYTHON = [file for file in DOCUMENTS if blocks(read(file), "python")]
COMMANDS = [(file, line, text) for file in DOCUMENTS for line, text in commands(read(file))]


@pytest.mark.parametrize("file", WITH_PYTHON, ids=label)
def test_python_blocks_run(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run_python(file, read(file))


@pytest.mark.parametrize(
    ("file", "line", "command"), COMMANDS, ids=[f"{label(f)}:{n}" for f, n, _ in COMMANDS]
)
def test_commands_run(
    file: Path, line: int, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code = run_command(command, monkeypatch)
    said = capsys.readouterr()
    assert code == 0, f"{label(file)}:{line} {command}\n{said.err}"
    assert said.out.strip(), f"{label(file)}:{line} {command} printed nothing"


def test_the_readme_shows_both_ways() -> None:
    readme = ROOT / "README.md"
    assert readme in WITH_PYTHON
    assert any(file == readme for file, _, _ in COMMANDS)


@pytest.mark.parametrize("file", DOCUMENTS, ids=label)
def test_links_lead_to_files(file: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", read(file))
    missing = [t for t in targets if "://" not in t and not (file.parent / t).exists()]
    assert not missing, f"{label(file)} links to {missing}"


def test_a_planted_wrong_block_is_found(tmp_path: Path) -> None:
    text = "# T\n\n```python\nx = 1\n```\n\n```python\nassert x == 2\n```\n"
    with pytest.raises(AssertionError):
        run_python(tmp_path / "t.md", text)


def test_commands_are_found() -> None:
    text = "```console\n$ kwhen plans \\\n    --zip 94107\nout\n$ ls\n$ kwhen prices\n```\n"
    assert [(n, c.split()) for n, c in commands(text)] == [
        (2, ["kwhen", "plans", "--zip", "94107"]),
        (6, ["kwhen", "prices"]),
    ]


def test_a_planted_wrong_command_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_command("kwhen no-such-command", monkeypatch) != 0
