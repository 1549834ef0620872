"""One command from its words to its exit code: every way to fail has one sentence."""

import io
import os
import sys
import traceback
from collections.abc import Sequence

import typer

from kwhen.cli.app import app
from kwhen.errors import KwhenError

DEBUG = "KWHEN_DEBUG"
UNFORESEEN, REFUSED, STOPPED, READER_GONE = 1, 2, 130, 141

# The root of what is wrong with the words of a command, wherever typer keeps it.
_WRONG_WORDS = typer.BadParameter.__bases__[0]


def run(words: Sequence[str]) -> int:
    """Run a command and return its exit code. [words: without the program's name]"""
    _print_any_text()
    try:
        code = app(args=list(words), prog_name="kwhen", standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # typer and rich leave when nobody reads on
        _drop_output()
        return READER_GONE
    except (KeyboardInterrupt, typer.Abort):
        return STOPPED
    except Exception as error:
        return _told(error)
    return code if isinstance(code, int) else 0


def _told(error: Exception) -> int:
    """Say on standard error what went wrong, in one sentence."""
    if os.environ.get(DEBUG) and not isinstance(error, _WRONG_WORDS):
        traceback.print_exception(error)
    if isinstance(error, KwhenError):
        return _say(str(error), REFUSED)
    if isinstance(error, _WRONG_WORDS):
        said = _wording(error)  # blank where the help itself is the answer
        return _say(f"{said}; see `{_command(error)} --help`", REFUSED) if said else REFUSED
    if isinstance(error, OSError):
        return _say(f"{error.filename or 'input or output'}: {error.strerror or error}", REFUSED)
    return _say(
        f"this should not happen ({type(error).__name__}: {str(error)[:200]}); "
        f"set {DEBUG}=1 to see where, and report it",
        UNFORESEEN,
    )


def _say(sentence: str, code: int) -> int:
    print("kwhen:", " ".join(sentence.split()), file=sys.stderr)
    return code


def _wording(error: Exception) -> str:
    said = str(getattr(error, "format_message", lambda: error)()).strip().rstrip(".")
    return said[:1].lower() + said[1:]


def _command(error: Exception) -> str:
    return getattr(getattr(error, "ctx", None), "command_path", "kwhen")


def _print_any_text() -> None:
    """A terminal that lacks a character gets a question mark instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _drop_output() -> None:
    """What is still buffered goes nowhere, so that closing standard output stays quiet."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # not a real file: nothing is closed at exit
        return
