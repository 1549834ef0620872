"""Homes from CSV: good rows become homes, bad ones are told, and nothing is half-written."""

import csv
import io
from collections.abc import Iterator

import pytest

from kwhen.errors import InvalidFields
from kwhen.operations.home_import import (
    MOST_BYTES,
    MOST_ROWS_COUNT,
    ImportReport,
    import_homes,
    template,
)
from kwhen.operations.home_search import find_homes
from kwhen.wire.home_texts import FIELDS
from tests.deployments import SANDBOX, Clock, Parties, opened, other, parties


@pytest.fixture(scope="module")
def orgs(clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    """One database is enough: the rules do not know it."""
    with opened("sqlite", tmp_path_factory.mktemp("import")) as deployment:
        yield parties(other(deployment, clock=clock))


def imported(orgs: Parties, content: str | bytes, is_trial: bool = False) -> ImportReport:
    sent = content.encode() if isinstance(content, str) else content
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        return import_homes(work, sent, is_trial=is_trial)


def count(orgs: Parties, text: str = "") -> int:
    with orgs.deployment.reading(orgs.tenant("north", SANDBOX)) as work:
        return find_homes(work, text).found_count


def refused(orgs: Parties, content: str | bytes) -> str:
    """What is wrong with a file as a whole, of which nothing may be kept."""
    before = count(orgs)
    with pytest.raises(InvalidFields) as told:
        imported(orgs, content)
    assert count(orgs) == before
    assert {error.field for error in told.value.fields} == {"file"}
    return str(told.value)


def test_the_template_is_a_file_that_can_be_imported(orgs: Parties) -> None:
    (row,) = imported(orgs, template()).rows
    assert row.home is not None and row.home.facts.solar is not None
    assert row.home.facts.rate_plan_id is not None and row.home.facts.city == "San Francisco"
    assert next(csv.reader(io.StringIO(template()))) == [field.name for field in FIELDS]


def test_each_row_is_accepted_or_told_why_not(orgs: Parties) -> None:
    report = imported(
        orgs,
        "name,ZIPCODE,solarSystemSizeKw,isNonNetMetered,colour\n"
        "Each 1,95313,5,yes,red\n"
        ",95313,,,\n"
        "\n"
        "Each 2,99999999,-1,perhaps,\n"
        '"Each 3\nof two lines",,,,\n'
        "Each 4,95313,,,,one too many\n"
        "Each 5\n",
    )
    told = {row.number: {error.field for error in row.errors} for row in report.rows}
    assert told == {
        2: set(),
        3: {"name"},
        5: {"zipcode", "solarSystemSizeKw", "isNonNetMetered"},
        7: set(),
        8: {""},
        9: set(),
    }
    assert (report.accepted_count, report.refused_count) == (3, 3)
    assert report.unknown_columns == ("colour",)
    assert count(orgs, "each ") == 3


def test_a_trial_keeps_nothing(orgs: Parties) -> None:
    report = imported(orgs, "name,zipcode\nTrial 1,95313\nTrial 2,x\n", is_trial=True)
    assert (report.accepted_count, report.refused_count) == (1, 1) and report.is_trial
    assert count(orgs, "trial") == 0


def test_a_file_that_is_imported_again_makes_no_twins(orgs: Parties) -> None:
    file = "name,clientId\nTwin,T-1\nTwin,T-2\nTwin,T-2\nTwin,\n"
    first = imported(orgs, file)
    assert [bool(row.home) for row in first.rows] == [True, True, False, True]
    again = imported(orgs, file)
    assert [bool(row.home) for row in again.rows] == [False, False, False, True]
    assert "is that of the home ws_home_" in again.rows[0].errors[0].message


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_and_marks_of_spreadsheets_are_read(orgs: Parties, separator: str) -> None:
    file = f"\ufeffName{separator}zipcode\r\nFrom a sheet{separator}95313\r\n"
    assert imported(orgs, file).accepted_count == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"name\n", "no homes below"),
        (b"zipcode\n95313\n", "no column `name`"),
        (b"name,Name\na,b\n", "twice"),
        (b"name\n\xff\xfe\n", "UTF-8"),
        (b"PK\x03\x04\x00\xff", "UTF-8"),
        (b'name\n"never closed\n', "no CSV file"),
        (b"name\n" + b"x" * 140_000 + b"\n", "no CSV file"),
        (b"name\n" + b"x\n" * (MOST_ROWS_COUNT + 1), "over 1,000 homes"),
        (b"x" * (MOST_BYTES + 1), "larger than 2 MiB"),
    ],
)
def test_what_is_no_such_file_is_refused_whole(orgs: Parties, content: bytes, words: str) -> None:
    assert words in refused(orgs, content)


def test_a_nul_is_told_with_its_row(orgs: Parties) -> None:
    (row,) = imported(orgs, "name,clientId\na\0b,c\0d\n").rows
    assert {error.field for error in row.errors} == {"name", "clientId"}
