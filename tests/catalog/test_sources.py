"""The sources register is complete, and every shipped file says where it is from."""

import io
import re
import tomllib
from datetime import date
from importlib.resources import files

import numpy as np
import pytest

from kwhen.catalog.mean_use import mean_kwh_per_year
from kwhen.catalog.shipped import read_bytes, read_text
from kwhen.catalog.sources import Source, read_sources, source, sources
from kwhen.errors import NotFound, SourceError

ENTRY = '[sources.a]\ntitle="t"\npublisher="p"\nedition="e"\nlicence="MIT"\n'


def ids_in_header(text: str) -> list[str]:
    """Source ids of a table's `# sources: a, b` line."""
    found = re.search(r"^# sources: (.+)$", text, re.MULTILINE)
    assert found, "no line '# sources: …'"
    return found[1].split(", ")


def test_every_source_says_who_which_edition_and_under_which_licence():
    assert len(sources()) >= 26
    for id, entry in sources().items():
        assert re.fullmatch(r"[a-z0-9]+(-[A-Za-z0-9]+)*", id), id
        assert entry.id == id
        assert entry.title and entry.publisher and entry.edition and entry.licence
        assert entry.url is None or entry.url.startswith("https://")


def test_the_table_of_zipcodes_names_registered_sources():
    with np.load(io.BytesIO(read_bytes("places/zipcodes.npz")), allow_pickle=False) as packed:
        named = packed["sources"].tolist()
    assert "zipcodes" in named
    assert set(named) <= set(sources())


@pytest.mark.parametrize("name", ["utilities.tsv.gz", "mean_use.tsv.gz", "aliases.toml"])
def test_each_table_names_registered_sources(name):
    assert set(ids_in_header(read_text(f"places/{name}"))) <= set(sources())


def test_the_aliases_and_the_mean_use_name_registered_sources():
    for row in tomllib.loads(read_text("places/aliases.toml"))["alias"]:
        assert set(row["sources"]) <= set(sources())
    assert mean_kwh_per_year(None, "CA").source in sources()


def test_no_file_of_the_places_folder_is_left_out_of_these_tests():
    folder = files("kwhen.catalog").joinpath("data", "places")
    assert {entry.name for entry in folder.iterdir()} == {
        "zipcodes.npz",
        "utilities.tsv.gz",
        "mean_use.tsv.gz",
        "aliases.toml",
        "brands.tsv",  # words of our own choice for names of programs, no figures
    }


def test_a_source_is_found_by_its_id():
    assert source("tariffkit").licence == "MIT"
    with pytest.raises(NotFound, match=r"no source 'nowhere' in the register"):
        source("nowhere")


def test_a_register_is_read_with_its_dates():
    register = read_sources(ENTRY + "retrieved=2026-07-01\n")
    assert register["a"] == Source(
        id="a",
        title="t",
        publisher="p",
        edition="e",
        licence="MIT",
        retrieved=date(2026, 7, 1),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("not toml", "cannot be read"),
        ("a = 1", "cannot be read"),
        (ENTRY + "license='MIT'", "unknown license; allowed are"),
        ('[sources.a]\ntitle="t"', "missing"),
        (ENTRY.replace('"MIT"', '" "'), "licence must be a text"),
        (ENTRY + "retrieved='July'", "retrieved must be a date"),
    ],
)
def test_a_bad_register_is_refused_with_the_entry_and_the_field(text, told):
    with pytest.raises(SourceError, match=told):
        read_sources(text)


def test_a_missing_shipped_file_is_told():
    with pytest.raises(SourceError, match=r"catalog/data/places/none\.npz is missing"):
        read_bytes("places/none.npz")
