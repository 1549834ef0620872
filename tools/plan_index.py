"""The index of plan files, so that a plan is found without reading every file.

python -m tools.plan_index
"""

import json
from pathlib import Path

from kwhen.catalog.format import read_family

PLANS = Path(__file__).parents[1] / "src/kwhen/catalog/data/plans"


def build(plans: Path) -> None:
    """Write `index.json`: one row a family, in the order of the keys."""
    rows = []
    for file in sorted(plans.rglob("*.toml")):
        name = file.relative_to(plans).as_posix()
        family = read_family(file.read_text(encoding="utf-8"), name)
        rows.append(
            {
                "family": family.family,
                "file": name,
                "utility_id": family.utility_id,
                "state": family.state,
                "variants": [list(variant) for variant in family.variants],
            }
        )
    rows.sort(key=lambda row: str(row["family"]))
    keys = [row["family"] for row in rows]
    if len(set(keys)) != len(keys):
        raise ValueError(f"two plan files share a family: {sorted(keys)}")
    lines = ",\n".join(json.dumps(row, separators=(", ", ": ")) for row in rows)
    (plans / "index.json").write_text(f'{{"families": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    build(PLANS)
