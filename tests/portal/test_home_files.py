"""Homes from CSV and usage from meters' files, in the portal."""

import csv
import io
from datetime import date

import pytest

from kwhen.operations import homes
from kwhen.operations.home_import import MOST_BYTES
from kwhen.operations.home_search import find_homes
from kwhen.operations.usage_history import held_days
from kwhen.wire.home_texts import FIELDS
from tests.deployments import SANDBOX, Parties
from tests.operations.test_usage_files import file_of
from tests.portal.people import XSS, Person, has_no_markup_of, words_of

PAGE = "/portal/homes/import"
DAY = date(2026, 7, 1)


def count(orgs: Parties, text: str = "", party: str = "north") -> int:
    with orgs.deployment.reading(orgs.tenant(party, SANDBOX)) as work:
        return find_homes(work, text).found_count


def send(
    person: Person, content: bytes | str, do: str = "import", name: str = "homes.csv", **sent: str
) -> tuple[int, str]:
    sent_bytes = content.encode() if isinstance(content, str) else content
    answer = person.post(PAGE, {"do": do, **sent}, files={"file": (name, sent_bytes)})
    return answer.status_code, answer.text


@pytest.fixture
def home(orgs: Parties) -> str:
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        return homes.create_home(work, {"name": "Metered", "zipcode": "94107"}).id


def test_the_page_tells_every_column_and_has_a_template(north: Person) -> None:
    page = north.get(PAGE)
    assert all(f"<code>{field.name}</code>" in page for field in FIELDS)
    file = north.get(f"{PAGE}/template.csv")
    assert next(csv.reader(io.StringIO(file))) == [field.name for field in FIELDS]
    assert send(north, file, do="check")[0] == 200


def test_a_file_is_told_row_by_row(north: Person, orgs: Parties) -> None:
    file = "name,zipcode,clientId,colour\nRow good,95313,R-1,red\nRow bad,nowhere,,\n"
    status, page = send(north, file, do="check")
    assert status == 200 and "no home was made" in words_of(page) and count(orgs, "row good") == 0
    status, page = send(north, file)
    words = words_of(page)
    assert status == 200 and "Homes made 1" in words and "Refused 1" in words
    assert "zipcode is no ZIP code" in words and "colour" in words
    assert (count(orgs, "row good"), count(orgs, "row bad")) == (1, 0)
    assert "is that of the home" in words_of(send(north, file)[1])


def test_a_form_that_is_sent_twice_imports_once(north: Person, orgs: Parties) -> None:
    once = {"once": "2f" * 16}
    assert send(north, "name\nOnly once\n", **once)[0] == 200
    status, page = send(north, "name\nOnly once\n", **once)
    assert status == 200 and "made its homes already" in words_of(page)
    assert count(orgs, "only once") == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\x02", b"\xff\xfe", b'name\n"open', b"zipcode\n1\n", b"name,name\na,b\n",
     b"PK\x03\x04", b"name\n" * 3000, b"x" * (MOST_BYTES + 1)],
)  # fmt: skip
def test_garbage_makes_nothing(north: Person, orgs: Parties, content: bytes) -> None:
    before = count(orgs)
    status, page = send(north, content)
    assert status in (200, 400)
    assert "Homes made 0" in words_of(page) if status == 200 else 'id="f-file-error"' in page
    assert count(orgs) == before
    assert send(north, b"x" * (MOST_BYTES + 100_000))[0] == 413
    assert north.post(PAGE, {"do": "import"}).status_code == 400  # no file


def test_what_a_file_says_comes_back_as_text(north: Person) -> None:
    out = io.StringIO()
    rows = [["name", "zipcode", XSS], [XSS, XSS, ""], [XSS, "95313", ""]]
    csv.writer(out).writerows(rows)
    for do in ("check", "import"):
        status, page = send(north, out.getvalue(), do=do, name=XSS.replace('"', ""))
        assert status == 200 and has_no_markup_of(page) and "&lt;script&gt;alert(1)" in page


def test_a_meters_file_is_stored(north: Person, orgs: Parties, home: str) -> None:
    page = f"/portal/homes/{home}/usage"
    assert "Days held 0" in words_of(north.get(page))
    answer = north.post(page, {"fill": "error"}, files={"file": ("day.csv", file_of(DAY))})
    assert answer.status_code == 200 and "1 days are stored" in words_of(answer.text)
    assert "24.0 kWh imported, 48.0 kWh exported" in words_of(answer.text)
    with orgs.deployment.reading(orgs.tenant("north", SANDBOX)) as work:
        held = held_days(work, home)
    assert (held.count, held.first, held.last) == (1, DAY, DAY)


def test_gaps_are_refused_or_filled_in_as_was_chosen(north: Person, home: str) -> None:
    page = f"/portal/homes/{home}/usage"
    lines = file_of(DAY).split(b"\n")
    holed = b"\n".join([*lines[:20], *lines[24:]])
    refused = north.post(page, {"fill": "error"}, files={"file": ("day.csv", holed)})
    assert refused.status_code == 400 and "missing" in words_of(refused.text)
    filled = north.post(page, {"fill": "zero"}, files={"file": ("day.csv", holed)})
    assert filled.status_code == 200 and "gap " in filled.text


def test_garbage_is_no_meters_file(north: Person, home: str) -> None:
    page = f"/portal/homes/{home}/usage"
    for content in (b"", b"\x00" * 100, XSS.encode(), b"<xml", b"PK\x03\x04", b"PAR1"):
        answer = north.post(page, {"fill": "nonsense"}, files={"file": (XSS, content)})
        assert answer.status_code == 400 and has_no_markup_of(answer.text), content
        assert 'id="f-file-error"' in answer.text
    assert north.post(page).status_code == 400


def test_files_of_others_change_nothing(
    north: Person, south: Person, reader: Person, orgs: Parties, home: str
) -> None:
    page = f"/portal/homes/{home}/usage"
    files = {"file": ("day.csv", file_of(DAY))}
    south.get(page, 404)
    assert south.post(page, files=files).status_code == 404
    reader.get(page, 403)
    assert reader.post(page, files=files).status_code == 403
    assert reader.post(PAGE, {"do": "import"}, files=files).status_code == 403
    assert north.post(page, {"csrf": "0" * 64}, files=files).status_code == 403
    with orgs.deployment.reading(orgs.tenant("north", SANDBOX)) as work:
        assert held_days(work, home).count == 0
    send(south, "name\nOf the south\n")
    assert (count(orgs, "of the south"), count(orgs, "of the south", "south")) == (0, 1)
