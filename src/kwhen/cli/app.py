"""The commands, their names and their help."""

from typing import Annotated

import typer

from kwhen.cli import (
    billing,
    carbon,
    catalog,
    comparing,
    doctor,
    hooks,
    impacting,
    keeping,
    keys,
    markets,
    plan_list,
    plan_show,
    portal,
    price_list,
    serving,
    showing,
    signalling,
    tables,
    usage_default,
    vtn,
    working,
)
from kwhen.cli.page import page

app = typer.Typer(
    name="kwhen",
    help="What a kWh at home costs and emits: plans, bills, prices and signals.",
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
    """What a kWh at home costs and emits: plans, bills, prices and signals."""


def _example(words: str) -> str:
    return f"Example: {words}"


plan = typer.Typer(help="One rate plan.", no_args_is_help=True)
stock = typer.Typer(help="The catalog of plans and its sources.", no_args_is_help=True)
usage = typer.Typer(help="What a home uses.", no_args_is_help=True)
market = typer.Typer(help="Live day-ahead prices of wholesale markets.", no_args_is_help=True)
emissions = typer.Typer(help="Live marginal emissions of the grid.", no_args_is_help=True)
hooks_of = typer.Typer(help="The webhooks of organisations.", no_args_is_help=True)
orgs = typer.Typer(help="The organisations that use the service.", no_args_is_help=True)
openadr = typer.Typer(help="The OpenADR server.", no_args_is_help=True)
oauth_client = typer.Typer(help="OAuth clients of the OpenADR server.", no_args_is_help=True)
own_keys = typer.Typer(help="The keys of organisations.", no_args_is_help=True)
gate = typer.Typer(help="The web portal.", no_args_is_help=True)
db = typer.Typer(help="The tables of the service.", no_args_is_help=True)
partners = typer.Typer(help="Partners through whom homes come.", no_args_is_help=True)

app.command("plans", epilog=_example(plan_list.EXAMPLE))(plan_list.list_plans)
app.add_typer(plan, name="plan")
plan.command("show", epilog=_example(plan_show.EXAMPLE))(plan_show.show)
app.command("bill", epilog=_example(billing.EXAMPLE))(billing.bill)
app.command("compare", epilog=_example(comparing.EXAMPLE))(comparing.compare)
app.command("prices", epilog=_example(price_list.EXAMPLE))(price_list.prices)
app.command("signal", epilog=_example(signalling.EXAMPLE))(signalling.signal)
app.command("impact", epilog=_example(impacting.EXAMPLE))(impacting.impact)
app.add_typer(usage, name="usage")
usage.command("default", epilog=_example(usage_default.EXAMPLE))(usage_default.default)
app.add_typer(stock, name="catalog")
stock.command("import", epilog=_example(catalog.IMPORT_EXAMPLE))(catalog.import_)
stock.command("verify", epilog=_example(catalog.VERIFY_EXAMPLE))(catalog.verify)
stock.command("sources", epilog=_example(catalog.SOURCES_EXAMPLE))(catalog.list_sources)
app.add_typer(market, name="markets")
market.command("refresh", epilog=_example(markets.REFRESH_EXAMPLE))(markets.refresh)
market.command("show", epilog=_example(markets.SHOW_EXAMPLE))(markets.show)
app.add_typer(emissions, name="carbon")
emissions.command("refresh", epilog=_example(carbon.REFRESH_EXAMPLE))(carbon.refresh)
emissions.command("show", epilog=_example(carbon.SHOW_EXAMPLE))(carbon.show)
app.command("serve", epilog=_example(serving.EXAMPLE))(serving.serve)
app.command("worker", epilog=_example(working.EXAMPLE))(working.work)
app.add_typer(hooks_of, name="webhooks")
hooks_of.command("schedule", epilog=_example(hooks.SCHEDULE_EXAMPLE))(hooks.schedule)
app.add_typer(orgs, name="orgs")
orgs.command("create", epilog=_example(keeping.ORG_CREATE_EXAMPLE))(keeping.create_org)
orgs.command("list", epilog=_example(keeping.ORG_LIST_EXAMPLE))(keeping.list_orgs)
app.add_typer(own_keys, name="keys")
own_keys.command("create", epilog=_example(keys.CREATE_EXAMPLE))(keys.create)
own_keys.command("list", epilog=_example(keys.LIST_EXAMPLE))(keys.list_)
own_keys.command("revoke", epilog=_example(keys.REVOKE_EXAMPLE))(keys.revoke)
app.add_typer(openadr, name="vtn")
openadr.add_typer(oauth_client, name="client")
oauth_client.command("create", epilog=_example(vtn.CREATE_EXAMPLE))(vtn.create)
oauth_client.command("list", epilog=_example(vtn.LIST_EXAMPLE))(vtn.list_)
oauth_client.command("revoke", epilog=_example(vtn.REVOKE_EXAMPLE))(vtn.revoke)
app.add_typer(gate, name="portal")
gate.command("link", epilog=_example(portal.LINK_EXAMPLE))(portal.link)
app.add_typer(partners, name="partners")
partners.command("create", epilog=_example(keeping.PARTNER_CREATE_EXAMPLE))(keeping.create_partner)
partners.command("list", epilog=_example(keeping.PARTNER_LIST_EXAMPLE))(keeping.list_partners)
app.add_typer(db, name="db")
db.command("upgrade", epilog=_example(tables.UPGRADE_EXAMPLE))(tables.upgrade)
db.command("status", epilog=_example(tables.STATUS_EXAMPLE))(tables.status)
app.command("doctor", epilog=_example(doctor.EXAMPLE))(doctor.doctor)
app.command("demo", epilog=_example(showing.EXAMPLE))(showing.demo)
