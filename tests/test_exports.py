"""The public names. Others rely on them: changing this list is a decision, not a side effect."""

import inspect

import pytest

import kwhen

PUBLIC = [
    "read_urdb", "rate_plan", "plan", "plans", "bill", "prices", "read_usage",
    "Tariff", "RatePlan", "Customer", "Event", "Bill", "Line", "Credit", "Missing", "Prices",
    "Usage", "Home", "SolarSystem", "CarbonIntensity", "price_signal", "price_signals", "Signal",
    "impact", "compare_impacts", "Impact", "Comparison", "default_profile", "Profile",
    "KwhenError", "TariffError", "UsageError", "CoverageError", "NotFound", "ChoiceError",
    "SourceError", "__version__",
]  # fmt: skip


def test_the_public_names_are_these() -> None:
    assert sorted(kwhen.__all__) == sorted(PUBLIC)


@pytest.mark.parametrize("name", [name for name in PUBLIC if name != "__version__"])
def test_a_public_name_resolves_and_says_what_it_is(name: str) -> None:
    thing = getattr(kwhen, name)
    words = inspect.getdoc(thing)
    assert words
    # A dataclass without words of its own gets its signature as a docstring.
    assert not words.startswith(f"{name}(")


@pytest.mark.parametrize("name", [name for name in PUBLIC if name.endswith("Error")])
def test_errors_have_one_root(name: str) -> None:
    assert issubclass(getattr(kwhen, name), kwhen.KwhenError)


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert kwhen.__version__ == version("kwhen")
