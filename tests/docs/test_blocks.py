"""What the documents show is run, in the order in which it is read."""

import re
import shutil
from pathlib import Path

import pytest

from tests.docs.blocks import DOCUMENTS, blocks
from tests.docs.runner import IS_WRITING, Session, commands, unlike, write_outputs
from tests.reading import label

PICTURE_BYTES = 60_000
PICTURE = re.compile(r"!\[[^\]]+\]\((\S+\.svg)\)")
RUN = [file for file in DOCUMENTS if any(block.is_run for block in blocks(file))]


@pytest.mark.parametrize("file", RUN, ids=label)
def test_the_blocks_of_a_document_run(file: Path, session: Session) -> None:
    for block in blocks(file):
        session.run(block)
    for name in PICTURE.findall(file.read_text(encoding="utf-8")):
        made = session.folder / name
        assert made.stat().st_size < PICTURE_BYTES, f"{label(file)}: {name} is too large"
        assert b"<svg" in made.read_bytes(), f"{label(file)} makes no {name}"
        if IS_WRITING:
            shutil.copy(made, file.parent)
    if IS_WRITING:
        write_outputs(file, session.outputs)


def written(text: str, session: Session) -> None:
    for block in blocks(Path(__file__), text):
        session.run(block)


@pytest.mark.parametrize(
    "text",
    [
        "```python\nx = 1\n```\n\n```python\nassert x == 2\n```\n",
        "```python\nprint(1)\n```\n\n```text\n2\n```\n",
        "```sh\ncurl $KWHEN_URL/v1/nothing\n```\n",
        '```sh\ncurl $KWHEN_URL/healthz\n```\n\n```json\n{"stat": 1}\n```\n',
        "```js\nif (1 < 2) throw new Error('planted');\n```\n",
        "```console\n$ kwhen no-such-command\n```\n",
    ],
)
def test_a_planted_wrong_block_is_found(text: str, session: Session) -> None:
    with pytest.raises(AssertionError):
        written(text, session)


def test_blocks_hand_on_what_they_made(session: Session) -> None:
    written(
        "```sh\nexport A=1\n```\n\n```python\nimport os\nassert os.environ['A'] == '1'\n```\n",
        session,
    )
    written("```js file=a.mjs\nconsole.log(process.env.A)\n```\n\n```text\n1\n```\n", session)
    assert (session.folder / "a.mjs").is_file()


def test_commands_are_found() -> None:
    text = "$ kwhen plans \\\n    --zip 94107\nout\n$ kwhen prices\n"
    assert [command.split() for command in commands(text)] == [
        ["kwhen", "plans", "--zip", "94107"],
        ["kwhen", "prices"],
    ]


def test_an_answer_may_have_more_than_is_shown() -> None:
    assert not unlike({"a": [{"b": 1.5}]}, {"a": [{"b": 1.5, "c": 3}], "d": None})
    assert unlike({"a": "x"}, {"a": 1}) == "answer.a is 1"
    assert unlike({"a": [{"b": 1.5}]}, {"a": [{"b": 2}]}) == "answer.a[0].b is 2"
    assert unlike({"a": []}, {}) == "answer.a is not there"
