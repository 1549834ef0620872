"""What is committed names no machine and no download host."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.reading import ROOT

# Absolute paths of a machine: a folder right after the root that holds people's or scratch files.
MACHINE_PATH = re.compile(
    r"(?<![\w.:/~<>{}*)-])/(?:home|Users|root|tmp|mnt|opt|private|var/folders)/[\w.-]"
    r"|\b[A-Z]:\\Users\\|\bfile:///"
)
DOWNLOAD = re.compile(r"--(?:extra-)?index-" + r"url\b|--find-" + r"links\b|\bindex-" + r"url\s*=")
LOCKS = re.compile(r"(^|/)requirements/.*\.txt$|\.lock$|(^|/)lock\.")


def committed() -> list[Path]:
    """Every file that git holds, new ones that it would take included."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    files = (ROOT / name for name in set(run.stdout.split("\0")) if name)
    return sorted(file for file in files if file.is_file())


def text_of(file: Path) -> str:
    """The text of a file, "" for a binary one."""
    data = file.read_bytes()
    return "" if b"\0" in data[:8192] else data.decode("utf-8", errors="replace")


def faults(name: str, text: str) -> list[str]:
    """Where a text names a machine or a host, as name:line."""
    rules = [MACHINE_PATH, DOWNLOAD]
    if LOCKS.search(name):
        rules.append(re.compile("://"))
    return [
        f"{name}:{number} {found.group()}"
        for number, line in enumerate(text.splitlines(), start=1)
        for rule in rules
        if (found := rule.search(line))
    ]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_no_file_names_a_machine_or_a_download_host() -> None:
    files = committed()
    assert ROOT / "pyproject.toml" in files
    wrong = [
        fault
        for file in files
        if file != Path(__file__)
        for fault in faults(file.relative_to(ROOT).as_posix(), text_of(file))
    ]
    assert not wrong, "\n".join(wrong)


def test_the_lock_has_a_hash_for_every_requirement() -> None:
    blocks = re.split(r"\n(?=\S)", (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8"))
    pinned = [block for block in blocks if not block.startswith("#")]
    assert pinned
    assert all(re.match(r"[\w.-]+==\S+ \\\n", b) and "--hash=sha256:" in b for b in pinned)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", 'open("/home/ann/x")'),
        ("a.md", "see /tmp/x"),
        ("a.toml", "path = 'C:\\Users\\ann'"),
        ("requirements/dev.txt", "x @ https://example.org/x.whl"),
        ("uv.lock", 'registry = "https://example.org"'),
        ("Makefile", "pip install --index-" + "url https://example.org"),
    ],
)
def test_a_planted_path_or_host_is_found(name: str, text: str) -> None:
    assert faults(name, text)


@pytest.mark.parametrize("text", ["~/tmp/x", "https://example.org/home/x", "src/tmp/x", "a / b"])
def test_other_slashes_pass(text: str) -> None:
    assert not faults("a.md", text)
