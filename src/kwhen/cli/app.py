"""The commands, their names and their help."""

from typing import Annotated

import typer

from kwhen.cli import billing, comparing, plan_list
from kwhen.cli.page import page

app = typer.Typer(
    name="kwhen",
    help="What a kWh at home costs: plans, bills and prices, from public tariffs.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from kwhen import __version__

        page().print(f"kwhen {__version__}")
        raise typer.Exit()


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """What a kWh at home costs: plans, bills and prices, from public tariffs."""


def _example(words: str) -> str:
    return f"Example: {words}"


app.command("plans", epilog=_example(plan_list.EXAMPLE))(plan_list.list_plans)
app.command("bill", epilog=_example(billing.EXAMPLE))(billing.bill)
app.command("compare", epilog=_example(comparing.EXAMPLE))(comparing.compare)
