"""The fenced blocks of the documents: what language each is in, and how it is to be run."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.reading import ROOT, label

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
RUN = frozenset({"python", "sh", "console", "js"})
READ = frozenset({"json", "toml", "yaml", "ini", "dockerfile"})  # parsed, or of no other meaning
OUTPUT = "text"  # right after a block that runs: exactly what it prints

# Why a block is shown and not run: the word after `not-run=`.
REASONS = {
    "installs": "it would install from a registry",
    "serves": "it goes on until it is stopped",
    "containers": "it needs a container engine",
    "root": "it changes the machine: users, units, packages",
    "yours": "it names hosts, files or services that only its reader has",
}


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block of a document."""

    file: Path
    line: int  # of its first line of text
    language: str
    attributes: dict[str, str]
    text: str
    follows: bool  # nothing but blank lines between it and the block before

    def __str__(self) -> str:
        return f"{label(self.file)}:{self.line}"

    @property
    def is_run(self) -> bool:
        """Whether the tests run it."""
        return self.language in RUN and "not-run" not in self.attributes


def blocks(file: Path, text: str | None = None) -> list[Block]:
    """The fenced blocks of a document, in order."""
    text = file.read_text(encoding="utf-8") if text is None else text
    found, end = [], 0
    for fence in FENCE.finditer(text):
        language, *words = fence[1].split() or [""]
        found.append(
            Block(
                file=file,
                line=text.count("\n", 0, fence.start(2)) + 1,
                language=language,
                attributes=dict(word.partition("=")[::2] for word in words),
                text=fence[2],
                follows=bool(found) and not text[end : fence.start()].strip(),
            )
        )
        end = fence.end()
    return found


EVERY_BLOCK = [block for file in DOCUMENTS for block in blocks(file)]
