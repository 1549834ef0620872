"""Build the Californian plans and export rules from the raw figures.

    python -m tools.build_plans_california RAW

RAW is the folder that holds `rates/`. Nothing of it is copied as it is.
"""

import sys
from pathlib import Path

from tools import (
    california_community,
    california_export,
    california_pge,
    california_sce,
    california_sdge,
    plan_index,
)
from tools.plan_writer import write_document

DATA = Path(__file__).parents[1] / "src/kwhen/catalog/data"


def main(raw: Path) -> None:
    california_export.build(raw, DATA)
    california_community.build(raw, DATA)
    for slug, (schedule, _) in california_pge.SCHEDULES.items():
        content, comment = california_pge.document(raw, slug)
        write_document(DATA / f"plans/CA/pge-{schedule.lower()}.toml", content, comment)
    for utility in (california_sce, california_sdge):
        for name, (content, comment) in utility.documents(raw).items():
            write_document(DATA / f"plans/CA/{name}.toml", content, comment)
    plan_index.build(DATA / "plans")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
