"""ERCOT: hour-ending labels, the flag of the repeated hour, files and the public API."""

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from kwhen.catalog.live import ercot
from kwhen.errors import SourceError
from tests.live.layouts import ercot_csv, zipped
from tests.live.server import Asked, LiveServer, Reply, reply_json

HOUSTON, NORTH = "LZ_HOUSTON", "LZ_NORTH"
LIST = "/misapp/servlets/IceDocListJsonWS"
FILE = "/misdownload/servlets/mirDownload"
REPORT = "/np4-190-cd/dam_stlmnt_pnt_prices"


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def csv(day: date) -> bytes:
    return ercot_csv(day, [HOUSTON, NORTH, "7RNCHSLR_ALL"], ercot.ZONE).encode()


def test_an_hours_label_is_its_end():
    found = ercot.read(csv(date(2026, 7, 14)))
    # "01:00" of 14 July is 00:00 to 01:00 CDT, which begins at 05:00 UTC.
    assert found[HOUSTON][at(2026, 7, 14, 5)] == pytest.approx(0.01)
    assert found[NORTH][at(2026, 7, 15, 4)] == pytest.approx(0.24)
    assert len(found[HOUSTON]) == 24


def test_the_flag_marks_the_second_pass_of_the_repeated_hour():
    text = csv(date(2025, 11, 2)).decode()
    assert f"11/02/2025,02:00,{HOUSTON}, 20.00,N" in text
    assert f"11/02/2025,02:00,{HOUSTON}, 30.00,Y" in text
    found = ercot.read(text.encode())[HOUSTON]
    # 01:00 CDT is 06:00 UTC; 01:00 CST, an hour later, is 07:00 UTC.
    assert [found[at(2025, 11, 2, hour)] for hour in (5, 6, 7, 8)] == pytest.approx(
        [0.01, 0.02, 0.03, 0.04]
    )
    assert len(found) == 25
    backwards = "\n".join([text.splitlines()[0], *text.splitlines()[:0:-1]])
    assert ercot.read(backwards.encode())[HOUSTON] == found  # whatever the order of rows


def test_the_label_that_spring_leaves_out():
    text = csv(date(2026, 3, 8)).decode()
    assert "03:00" not in text
    found = ercot.read(text.encode())[HOUSTON]
    # 01:00 CST is 07:00 UTC; then comes the hour ending 04:00, which begins at 03:00 CDT.
    assert [found[at(2026, 3, 8, hour)] for hour in (6, 7, 8)] == pytest.approx([0.01, 0.02, 0.03])
    assert len(found) == 23


def test_a_zip_and_a_file_without_flag():
    plain = csv(date(2026, 7, 14))
    assert ercot.read(zipped({"cdr.00012331.DAMSPNP4190.csv": plain})) == ercot.read(plain)
    unflagged = plain.replace(b",DSTFlag", b"").replace(b",N\n", b"\n")
    assert ercot.read(unflagged) == ercot.read(plain)


HEADER = "DeliveryDate,HourEnding,SettlementPoint,SettlementPointPrice,DSTFlag\n"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("03/08/2026,03:00,X,1,N", "does not exist in America/Chicago"),
        ("07/14/2026,02:00,X,1,Y", "comes twice, and America/Chicago has it once"),
        ("07/14/2026,00:00,X,1,N", "it is 01:00 to 24:00"),
        ("07/14/2026,25:00,X,1,N", "it is 01:00 to 24:00"),
        ("07/14/2026,01:30,X,1,N", "it is 01:00 to 24:00"),
        ("07/14/2026,01:00,X,1,maybe", "neither Y nor N"),
        ("2026-07-14,01:00,X,1,N", "no day such as"),
        ("07/14/2026,01:00,X,,N", "'' is no number"),
        ("07/14/2026,01:00,X,1,N\n07/14/2026,01:00,X,2,N", "two values for one step"),
    ],
)
def test_what_is_no_price_is_refused(row, said):
    with pytest.raises(SourceError, match=said):
        ercot.read((HEADER + row + "\n").encode())


def document(published: str, id: str, name: str = "DAMSPNP4190_csv") -> dict[str, Any]:
    return {"Document": {"DocID": id, "PublishDate": published, "FriendlyName": name}}


def listing(*documents: dict[str, Any]) -> Reply:
    return reply_json({"ListDocsByRptTypeRes": {"DocumentList": list(documents)}})


def fetch(web, server: LiveServer, first: date, end: date, points=(HOUSTON,)):
    pieces = ercot.fetch(web, points, first, end, files_url=server.url)
    return [series for piece in pieces for series in piece]


def test_a_file_is_posted_on_the_day_before_and_the_latest_counts(server, web):
    server.routes[LIST] = [
        listing(
            document("2026-07-13T12:31:00-05:00", "1"),
            document("2026-07-13T14:00:00-05:00", "2"),
            document("2026-07-13T14:30:00-05:00", "3", "DAMSPNP4190_xml"),
            document("2026-07-12T23:59:00-05:00", "4"),
        )
    ]
    server.routes[FILE] = [Reply(zipped({"a.csv": csv(date(2026, 7, 14))}))]
    (series,) = fetch(web(), server, date(2026, 7, 14), date(2026, 7, 16))
    assert server.asked[0].query == {"reportTypeId": "12331"}
    assert [asked.query for asked in server.asked[1:]] == [{"doclookupId": "2"}]
    assert series.start_epoch_s[0] == at(2026, 7, 14, 5) and len(series.values) == 24
    assert str(series.point) == "ERCOT/LZ_HOUSTON"


def test_days_before_the_list_are_told_after_the_others_came(server, web):
    server.routes[LIST] = [listing(document("2026-07-13T12:31:00-05:00", "1"))]
    server.routes[FILE] = [Reply(zipped({"a.csv": csv(date(2026, 7, 14))}))]
    pieces = ercot.fetch(
        web(), (HOUSTON,), date(2026, 6, 1), date(2026, 7, 15), files_url=server.url
    )
    assert len(next(pieces)) == 1
    with pytest.raises(SourceError, match=r"2026-06-01 to 2026-07-13 set an account.*KWHEN_ERCOT"):
        next(pieces)


@pytest.mark.parametrize("content", [b"<html>", b"[]", b'{"ListDocsByRptTypeRes": 1}'])
def test_a_list_that_is_none(content):
    with pytest.raises(SourceError, match=r"not JSON|no list of documents"):
        ercot.read_list(content)


class Api:
    """The public API: a token that expires, a subscription key, pages of two points' rows."""

    def __init__(self, server: LiveServer, day: date, page_rows: int = 10) -> None:
        self.tokens, self.page_rows = 0, page_rows
        self.expired = False
        lines = ercot_csv(day, [HOUSTON], ercot.ZONE).splitlines()[1:]
        self.rows = [self.row(line) for line in lines]
        server.routes["/token"] = self.token
        server.routes[REPORT] = self.report

    @staticmethod
    def row(line: str) -> list[object]:
        day, ending, name, price, flag = (cell.strip() for cell in line.split(","))
        iso = datetime.strptime(day, "%m/%d/%Y").date().isoformat()
        return [iso, ending, name, float(price), flag == "Y"]

    def token(self, asked: Asked) -> Reply:
        form = {name: said[0] for name, said in parse_qs(asked.body.decode()).items()}
        if (form["username"], form["password"]) != ("me", "secret+word"):
            return reply_json({"error": "access_denied"}, 401)
        assert form["grant_type"] == "password" and form["response_type"] == "id_token"
        assert form["scope"] == f"openid {form['client_id']} offline_access"
        self.tokens += 1
        self.expired = False
        return reply_json({"id_token": f"token{self.tokens}", "expires_in": 3600})

    def report(self, asked: Asked) -> Reply:
        assert asked.headers["ocp-apim-subscription-key"] == "key"
        if self.expired or asked.headers["authorization"] != f"Bearer token{self.tokens}":
            return reply_json({"statusCode": 401, "message": "Unauthorized."}, 401)
        number = int(asked.query["page"])
        first = (number - 1) * self.page_rows
        names = ["deliveryDate", "hourEnding", "settlementPoint", "settlementPointPrice", "DSTFlag"]
        return reply_json(
            {
                "_meta": {
                    "totalPages": -(-len(self.rows) // self.page_rows),
                    "currentPage": number,
                },
                "fields": [{"name": name} for name in names],
                "data": self.rows[first : first + self.page_rows],
            }
        )


def account(server: LiveServer, password: str = "secret+word") -> ercot.Account:
    return ercot.Account(
        user="me",
        password=password,
        subscription_key="key",
        api_url=server.url,
        token_url=f"{server.url}/token",
    )


def test_the_api_gives_the_same_hours_page_by_page(server, web):
    api = Api(server, date(2025, 11, 2))
    pieces = ercot.fetch_api(
        web(), account(server), (HOUSTON,), date(2025, 11, 2), date(2025, 11, 3)
    )
    found: dict[int, float] = {}
    for (series,) in pieces:
        found |= dict(zip(series.start_epoch_s.tolist(), series.values.tolist(), strict=True))
    assert found == ercot.read(csv(date(2025, 11, 2)))[HOUSTON]
    assert api.tokens == 1 and server.paths() == ["/token", REPORT, REPORT, REPORT]
    assert server.asked[1].query["deliveryDateTo"] == "2025-11-02"


def test_a_token_that_is_refused_is_asked_for_again(server, web):
    api = Api(server, date(2026, 7, 14))
    pieces = ercot.fetch_api(
        web(), account(server), (HOUSTON,), date(2026, 7, 14), date(2026, 7, 15)
    )
    next(pieces)
    api.expired = True
    assert len(list(pieces)) == 2
    assert api.tokens == 2


def test_a_wrong_password_is_told_without_it(server, web):
    Api(server, date(2026, 7, 14))
    wrong = account(server, "wrong-word")
    assert "wrong-word" not in repr(wrong)
    pieces = ercot.fetch_api(web(), wrong, (HOUSTON,), date(2026, 7, 14), date(2026, 7, 15))
    with pytest.raises(SourceError, match="access is refused") as caught:
        list(pieces)
    assert "wrong-word" not in str(caught.value)


def test_columns_are_found_by_name_and_a_missing_one_is_told():
    good = b'{"fields":[{"name":"settlementPointPrice"},{"name":"deliveryDate"},'
    good += b'{"name":"hourEnding"},{"name":"settlementPoint"}],'
    good += b'"data":[[12.5,"2026-07-14","01:00","LZ_WEST"]]}'
    page = ercot.read_page(good)
    assert page.readings == {"LZ_WEST": {at(2026, 7, 14, 5): pytest.approx(0.0125)}}
    assert page.page_count == 1
    with pytest.raises(SourceError, match="without its columns"):
        ercot.read_page(good.replace(b"hourEnding", b"hour"))
