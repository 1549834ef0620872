"""The order of the benchmarks and their one command."""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.batches import batches
from benchmarks.bodies import bodies
from benchmarks.memory import memory
from benchmarks.plans import compiling, marginal_prices, own_schemes
from benchmarks.reading import reading
from benchmarks.report import as_json, machine, markdown, table
from benchmarks.service import service
from benchmarks.signals import signals
from benchmarks.single import single_homes
from benchmarks.timing import Row
from benchmarks.webhooks import deliveries

RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--homes", type=int, default=1000, help="homes of a batch")
    parser.add_argument("--keep", action="store_true", help="leave RESULTS.md as it is")
    options = parser.parse_args()
    rows = measured(options.homes)
    if not options.keep:
        RESULTS.write_text(markdown(rows), encoding="utf-8")
    if options.json:
        print(json.dumps(as_json(rows), indent=1))
    else:
        print("\n".join([machine(), "", *table(rows)]))


def measured(homes: int) -> list[Row]:
    rows: list[Row] = []
    sections = (
        single_homes,
        own_schemes,
        marginal_prices,
        signals,
        compiling,
        reading,
        bodies,
        service,
        memory,
        deliveries,
    )
    for section in sections:
        print(f"{section.__name__} …", file=sys.stderr, flush=True)
        rows += section()
    print("batches …", file=sys.stderr, flush=True)
    return rows + batches(homes)
