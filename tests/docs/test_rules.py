"""What holds for every document: blocks that are run or say why not, links that lead somewhere."""

import configparser
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.docs.blocks import DOCUMENTS, EVERY_BLOCK, FENCE, OUTPUT, READ, REASONS, RUN, Block
from tests.reading import ROOT, label

PAGES = [file for file in DOCUMENTS if (ROOT / "docs") in file.parents]
ATTRIBUTES = {"not-run", "client", "file"}


@pytest.mark.parametrize("block", EVERY_BLOCK, ids=str)
def test_a_block_runs_or_says_why_not(block: Block) -> None:
    assert block.language in RUN | READ | {OUTPUT}, f"{block}: name its language"
    assert set(block.attributes) <= ATTRIBUTES, f"{block}: {block.attributes}"
    reason = block.attributes.get("not-run")
    assert reason is None or reason in REASONS, f"{block}: reasons are {', '.join(REASONS)}"


@pytest.mark.parametrize("block", [b for b in EVERY_BLOCK if b.language in READ], ids=str)
def test_a_block_of_data_can_be_read(block: Block) -> None:
    match block.language:
        case "json":
            json.loads(block.text)
        case "toml":
            tomllib.loads(block.text)
        case "yaml":
            yaml.safe_load(block.text)
        case "ini":
            configparser.ConfigParser(strict=False).read_string(block.text)


@pytest.mark.parametrize("file", PAGES, ids=label)
def test_no_block_hides_in_an_indent(file: Path) -> None:
    text = FENCE.sub("", file.read_text(encoding="utf-8"))
    hidden = re.findall(r"(?:^|\n)\n {4}(?![-*\d])\S[^\n]*", text)
    assert not hidden, f"{label(file)}: put {hidden} between fences"


@pytest.mark.parametrize("file", DOCUMENTS, ids=label)
def test_links_lead_to_files(file: Path) -> None:
    text = FENCE.sub("", file.read_text(encoding="utf-8"))
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    missing = [
        target
        for target in targets
        if "://" not in target
        and not target.startswith("/")
        and not (file.parent / target).exists()
    ]
    assert not missing, f"{label(file)} links to {missing}"


def test_the_readme_shows_the_library_the_command_and_the_service() -> None:
    shown = {block.language for block in EVERY_BLOCK if block.file == ROOT / "README.md"}
    assert {"python", "console", "sh"} <= shown
