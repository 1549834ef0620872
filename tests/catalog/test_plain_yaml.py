"""The small reader of YAML in `tools`: what the raw files use, and an error for anything else."""

import pytest

from tools.plain_yaml import read

TEXT = """
# by month
utility: coned
charges:
  core_delivery_rate:
    charge_unit: $/kWh
    tiers:
      - upper_limit_kwh: 250.0
        monthly_rates:
          2025-01: 0.16107
      - upper_limit_kwh: null
        monthly_rates:
          2025-01: -2.0e-05
weekdays_only: true
"""


def test_mappings_lists_and_scalars() -> None:
    assert read(TEXT) == {
        "utility": "coned",
        "charges": {
            "core_delivery_rate": {
                "charge_unit": "$/kWh",
                "tiers": [
                    {"upper_limit_kwh": 250.0, "monthly_rates": {"2025-01": 0.16107}},
                    {"upper_limit_kwh": None, "monthly_rates": {"2025-01": -0.00002}},
                ],
            }
        },
        "weekdays_only": True,
    }


@pytest.mark.parametrize("text", ["a: 1\na: 2", "a: 1\nb", "a: 1\n    b: 2"])
def test_anything_else_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"no key of its own|not a document"):
        read(text)
