"""What publishers answer, written from their documents: files with the traps of both clock days.

The prices are those that the tests assert by hand: hour number × 10 on the local day.
"""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

OASIS_HEADER = (
    "INTERVALSTARTTIME_GMT,INTERVALENDTIME_GMT,OPR_DT,OPR_HR,OPR_INTERVAL,NODE_ID_XML,NODE_ID,"
    "NODE,MARKET_RUN_ID,LMP_TYPE,XML_DATA_ITEM,PNODE_RESMRID,GRP_TYPE,POS,MW,GROUP"
)
COMPONENTS = {
    "LMP": "LMP_PRC",
    "MCC": "LMP_CONG_PRC",
    "MCE": "LMP_ENE_PRC",
    "MCL": "LMP_LOSS_PRC",
    "MGHG": "LMP_GHG_PRC",
}


def zipped(files: dict[str, bytes | str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def hours_of(day: date, zone: ZoneInfo) -> list[datetime]:
    """The UTC instants at which the hours of a local day begin: 23, 24 or 25."""
    begin = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    after = day + timedelta(days=1)
    end = datetime(after.year, after.month, after.day, tzinfo=zone).astimezone(UTC)
    return [begin + timedelta(hours=n) for n in range(int((end - begin).total_seconds() // 3600))]


def oasis_csv(day: date, nodes: list[str], zone: ZoneInfo) -> str:
    """A day of PRC_LMP: five rows an hour and node, hours not in order."""
    rows = []
    for number, at in enumerate(hours_of(day, zone), start=1):
        end = at + timedelta(hours=1)
        for node in nodes:
            for kind, item in COMPONENTS.items():
                price = number * 10 if kind == "LMP" else -7.5
                rows.append(
                    f"{at:%Y-%m-%dT%H:%M:%S}-00:00,{end:%Y-%m-%dT%H:%M:%S}-00:00,{day},{number},0,"
                    f"{node},{node},{node},DAM,{kind},{item},{node},ALL_APNODES,0,{price},1"
                )
    return "\n".join([OASIS_HEADER, *rows[::-1]]) + "\n"


def oasis_error(code: str, words: str) -> bytes:
    return zipped(
        {
            "INVALID_REQUEST.xml": '<?xml version="1.0" encoding="UTF-8"?>'
            '<m:OASISReport xmlns:m="http://www.caiso.com/soa/OASISReport_v1.xsd"><m:MessagePayload>'
            f"<m:RTO><m:ERROR><m:ERR_CODE>{code}</m:ERR_CODE><m:ERR_DESC>{words}</m:ERR_DESC>"
            "</m:ERROR></m:RTO></m:MessagePayload></m:OASISReport>"
        }
    )


NYISO_HEADER = (
    '"Time Stamp","Name","PTID","LBMP ($/MWHr)","Marginal Cost Losses ($/MWHr)",'
    '"Marginal Cost Congestion ($/MWHr)"'
)


def nyiso_csv(day: date, zones: list[str], zone: ZoneInfo) -> str:
    rows = [
        f'"{at.astimezone(zone):%m/%d/%Y %H:%M}","{name}",61757,{number * 10:.2f},1.00,-2.00'
        for number, at in enumerate(hours_of(day, zone), start=1)
        for name in zones
    ]
    return "\r\n".join([NYISO_HEADER, *rows]) + "\r\n"


def ercot_csv(
    day: date, points: list[str], zone: ZoneInfo, price: Callable[[int], float] = lambda n: n * 10
) -> str:
    """DAM settlement point prices: hour-ending labels, DSTFlag Y in the repeated hour."""
    rows = ["DeliveryDate,HourEnding,SettlementPoint,SettlementPointPrice,DSTFlag"]
    seen: set[int] = set()
    for number, at in enumerate(hours_of(day, zone), start=1):
        ending = at.astimezone(zone).hour + 1
        flag = "Y" if ending in seen else "N"
        seen.add(ending)
        rows += [
            f"{day:%m/%d/%Y},{ending:02d}:00,{name}, {price(number):.2f},{flag}" for name in points
        ]
    return "\n".join(rows) + "\n"
