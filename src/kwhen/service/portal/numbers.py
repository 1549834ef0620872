"""Numbers and times as people type them into fields."""

from math import isfinite

from kwhen.errors import FieldError


def read_number(
    name: str,
    text: str,
    *,
    most: float,
    wrong: list[FieldError],
    least: float = 0.0,
    can_be_least: bool = False,
) -> float | None:
    """The number in a field; None where it is blank or wrong, which is then told in `wrong`."""
    if not text:
        return None
    try:
        value = float(text.replace(",", "").replace("$", ""))
    except ValueError:
        value = float("nan")
    if isfinite(value) and (least < value <= most or (can_be_least and value == least)):
        return value
    bound = f"{least:g} or more" if can_be_least else f"above {least:g}"
    wrong.append(FieldError(name, f"must be a number {bound}, at most {most:,.0f}"))
    return None
