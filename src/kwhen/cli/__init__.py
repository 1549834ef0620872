"""The command door: `kwhen`, for people in a terminal and, with `--json`, for programs."""

import sys
from importlib.util import find_spec

__all__ = ["main"]


def main() -> int:
    """Run the command line of this process and say its exit code.

    0: done. 1: an unforeseen error. 2: refused, with the reason on standard error. 130: stopped
    by Ctrl-C. 141: the reader of the output went away.
    """
    lacking = [name for name in ("typer", "rich") if find_spec(name) is None]
    if lacking:
        print(
            f"kwhen: the command line needs {' and '.join(lacking)}; "
            "install its extra with: pip install 'kwhen[cli]'",
            file=sys.stderr,
        )
        return 2
    try:
        from kwhen.cli.run import run

        return run(sys.argv[1:])
    except KeyboardInterrupt:  # while loading
        return 130
