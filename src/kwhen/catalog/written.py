"""Amounts and names as people write them."""


def money(amount_usd: float, *, sign: bool = False) -> str:
    """An amount in cents, such as "$1,234.50" or "-$3.00"; `sign`: a plus as well."""
    rounded = round(float(amount_usd), 2) + 0.0  # no minus zero
    mark = "-" if rounded < 0 else "+" if sign and rounded > 0 else ""
    return f"{mark}${abs(rounded):,.2f}"


def number(amount: float, digits: int = 0) -> str:
    """A number with thousands set apart, such as "3,403"."""
    return f"{round(float(amount), digits) + 0.0:,.{digits}f}"


def price(usd: float) -> str:
    """A price with the five decimals that tariff sheets print."""
    return number(usd, 5)


def words(name: str) -> str:
    """The name of a gap or component as words: "climate_credit" is "climate credit"."""
    return name.replace("_", " ")
