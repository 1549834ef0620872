"""Writes docs/reference/cli.md from the commands' own help."""

from collections.abc import Iterator
from pathlib import Path

import typer

from kwhen.cli.app import app

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "cli.md"
HEAD = """# Command reference

Every command of `kwhen` with its options, written from its help by `make docs`. Exit codes: 0 done,
1 an unforeseen error, 2 refused with the reason on standard error. Settings of the service:
[settings](../settings.md).
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_commands("kwhen", typer.main.get_command(app))])


def _commands(name: str, command: object) -> Iterator[str]:
    """A command, or those of a group."""
    if found := getattr(command, "commands", None):
        for part, inner in found.items():
            yield from _commands(f"{name} {part}", inner)
        return
    yield from _command(name, command)


def _command(name: str, command: object) -> Iterator[str]:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    yield f"## {name}\n"
    yield f"{_paragraphs(command.help or '')}\n"
    shown = " ".join([name, *(_metavar(one) for one in arguments), "[OPTIONS]"])
    yield f"```text\n{shown}\n```\n"
    rows = [_row(_metavar(one), one) for one in arguments]
    rows += [_row(_option(one), one) for one in options if one.name != "help"]
    if rows:
        yield "| option | what it does | default |\n|---|---|---|"
        yield "\n".join(rows) + "\n"
    if command.epilog:
        yield f"{_example(command.epilog)}\n"


def _paragraphs(text: str) -> str:
    parts = text.replace("\b", "").replace("\f", "").split("\n\n")
    return "\n\n".join(" ".join(part.split()) for part in parts)


def _metavar(parameter: object) -> str:
    return parameter.metavar or parameter.human_readable_name.upper()


def _option(option: object) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    return names if option.is_flag else f"{names} {option.metavar or ''}".strip()


def _row(name: str, parameter: object) -> str:
    said = " ".join((parameter.help or "").split())
    default = parameter.default
    is_plain = isinstance(default, str | int | float) and not isinstance(default, bool)
    told = f"`{default}`" if is_plain else ""
    return "| " + " | ".join(text.replace("|", "\\|") for text in (f"`{name}`", said, told)) + " |"


def _example(epilog: str) -> str:
    words, _, command = epilog.partition(":")
    return f"{words}: `{' '.join(command.split())}`"


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
