"""A made-up home, and writers of every layout that the readers know."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

PACIFIC = "America/Los_Angeles"
ZONE = ZoneInfo(PACIFIC)
SPRING = date(2024, 3, 10)  # 23 hours in California
AUTUMN = date(2024, 11, 3)  # 25 hours


@dataclass(frozen=True, eq=False, kw_only=True)
class Home:
    """Energy in Wh of each real elapsed step from the midnight of a local day."""

    start_s: NDArray[np.int64]  # (N,) UTC
    step_s: int
    import_wh: NDArray[np.int64]  # (N,)
    export_wh: NDArray[np.int64] | None

    @property
    def import_kwh(self):
        return self.import_wh / 1000

    @property
    def export_kwh(self):
        return None if self.export_wh is None else self.export_wh / 1000

    def local(self) -> list[datetime]:
        return [datetime.fromtimestamp(at_s, ZONE) for at_s in self.start_s.tolist()]

    def wall_end(self, before_s: int = 0) -> list[datetime]:
        """Naive end of each step, or some seconds before, as a wall clock shows it."""
        length = timedelta(seconds=self.step_s - before_s)
        return [
            (datetime.fromtimestamp(at_s, UTC) + length).astimezone(ZONE).replace(tzinfo=None)
            for at_s in self.start_s.tolist()
        ]

    def exports(self) -> list[int]:
        return [0] * len(self.start_s) if self.export_wh is None else self.export_wh.tolist()


def home(first: date, days: int, *, step_s: int = 900, export: bool = False) -> Home:
    """A home of so many local days; no two of its steps are likely to be alike."""
    bounds = [
        datetime(d.year, d.month, d.day, tzinfo=ZONE) for d in (first, first + timedelta(days))
    ]
    begin_s, end_s = (int(bound.timestamp()) for bound in bounds)
    start_s = np.arange(begin_s, end_s, step_s, dtype=np.int64)
    random = np.random.default_rng(7)
    import_wh = random.integers(0, 9000, len(start_s))
    export_wh = random.integers(0, 5000, len(start_s)) if export else None
    if export_wh is not None:
        import_wh[::2], export_wh[1::2] = 0, 0
    return Home(start_s=start_s, step_s=step_s, import_wh=import_wh, export_wh=export_wh)


def kwh(energy_wh: int) -> str:
    return f"{energy_wh / 1000:.3f}"


def plain(facts: Home, *, offset: bool = False) -> bytes:
    columns = "start,import_kwh" + (",export_kwh" if facts.export_wh is not None else "")
    lines = [columns]
    for at, use, out in zip(facts.local(), facts.import_wh, facts.exports(), strict=True):
        stamp = at.isoformat() if offset else at.replace(tzinfo=None).isoformat(" ")
        lines.append(f"{stamp},{kwh(use)}" + (f",{kwh(out)}" * (facts.export_wh is not None)))
    return "\n".join(lines).encode()


def pge(facts: Home, *, layout: str = "usage (kwh)", notes: dict[int, str] | None = None) -> bytes:
    """PG&E's export; `layout` is "usage (kwh)", "units" or "import export"."""
    header = {
        "usage (kwh)": "TYPE,DATE,START TIME,END TIME,USAGE (kWh),COST,NOTES",
        "units": "TYPE,DATE,START TIME,END TIME,USAGE,UNITS,COST,NOTES",
        "import export": "TYPE,DATE,START TIME,END TIME,IMPORT (kWh),EXPORT (kWh),COST,NOTES",
    }[layout]
    lines = ["Name,A PERSON", 'Address,"1 MAIN ST, OAKLAND CA 94601"', "Account Number,1"]
    lines += ["Service,Service 1", "", header]
    lasts = facts.wall_end(before_s=60)
    rows = zip(facts.local(), lasts, facts.import_wh, facts.exports(), strict=True)
    for number, (at, last, use, out) in enumerate(rows):
        energy = {
            "usage (kwh)": kwh(use - out),
            "units": f"{kwh(use - out)},kWh",
            "import export": f"{kwh(use)},{kwh(out)}",
        }[layout]
        note = (notes or {}).get(number, "")
        lines.append(f"Electric usage,{at:%Y-%m-%d},{at:%H:%M},{last:%H:%M},{energy},$0.10,{note}")
    return "\ufeff".encode() + "\r\n".join(lines).encode()


def sce(facts: Home, *, space: str = "\u00a0") -> bytes:
    """SCE's export: each day's deliveries, then what was received on that day."""
    lines = ["Energy Usage Information", '"For location: 1 Main St"', "", "Detailed Usage"]
    flows = [("Delivered", facts.import_wh.tolist()), ("Received", facts.exports())]
    if facts.export_wh is None:
        flows = [("consumption", facts.import_wh.tolist())]
    stamps = list(zip(facts.local(), facts.wall_end(), strict=True))
    for day in sorted({at.date() for at, _ in stamps}):
        for name, energies_wh in flows:
            lines.append(f'"Data for period starting: {day} 00:00:00  for 24 hours"')
            unit = "Usage(Real energy in kilowatt-hours)"
            lines.append(f"Energy {name} time period,{unit},Reading quality")
            lines += [
                f'"{at:%Y-%m-%d %H:%M:%S}{space}to {end:%Y-%m-%d %H:%M:%S}","{kwh(wh)}",""'
                for (at, end), wh in zip(stamps, energies_wh, strict=True)
                if at.date() == day
            ]
    return "\n".join(lines).encode()


def sce_wide(facts: Home) -> bytes:
    header = (
        "Date,Energy Consumption time Period Start,Energy Consumption time Period End,"
        "Delivered,Received"
    )
    lines = ["Energy Usage Information", "", header]
    rows = zip(facts.local(), facts.wall_end(), facts.import_wh, facts.exports(), strict=True)
    for at, end, use, out in rows:
        cells = (f"{at:%m/%d/%Y} ", f"{at:%m/%d/%Y %I:%M%p} ", f"{end:%m/%d/%Y %I:%M%p} ")
        lines.append(",".join(f'"{cell}"' for cell in (*cells, kwh(use), kwh(out))))
    return "\n".join(lines).encode()


def sdge(facts: Home, *, meter: str = "00000001", head: bool = True) -> bytes:
    lines = ["Name,A PERSON", "Title,CSV Export Electric Meter(s)", "UOM,kWh"]
    lines += ["Meter Number,Date,Start Time,Duration,Consumption,Generation,Net"]
    lines = lines if head else []
    for at, use, out in zip(facts.local(), facts.import_wh, facts.exports(), strict=True):
        clock = f"{at:%I:%M %p}".removeprefix("0")
        made = "" if facts.export_wh is None else f"{out / 1000:.4f}"
        cells = (meter, f"{at.month}/{at.day}/{at.year}", clock, f"{facts.step_s // 60}")
        cells += (f"{use / 1000:.4f}", made, f"{(use - out) / 1000:.4f}")
        lines.append(",".join(f'"{cell}"' for cell in cells))
    return "\n".join(lines).encode() + b"\n"


def reading(at_s: int, step_s: int, value: int, quality: int = 19) -> str:
    return (
        f"<IntervalReading><cost>12</cost><timePeriod><duration>{step_s}</duration>"
        f"<start>{at_s}</start></timePeriod><value>{value}</value>"
        f"<ReadingQuality><quality>{quality}</quality></ReadingQuality></IntervalReading>\n"
    )


def resource(own: str, content: str, *, up: str = "", related: tuple[str, ...] = ()) -> str:
    links = f'<link rel="self" href="{own}"/><link rel="up" href="{up}"/>'
    links += "".join(f'<link rel="related" href="{href}"/>' for href in related)
    return f"<entry>{links}<title>t{own}</title><content>{content}</content></entry>\n"


def reading_type(number: int, **fields: object) -> str:
    values = {"accumulationBehaviour": 4, "commodity": 1, "flowDirection": 1}
    values |= {"intervalLength": 900, "powerOfTenMultiplier": 0, "uom": 72} | fields
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    return resource(
        f"/ReadingType/{number}",
        f'<ReadingType xmlns="http://naesb.org/espi">{inner}</ReadingType>',
    )


def point(number: int, *meters: str, service: int = 0) -> str:
    """A usage point and everything below it."""
    own = f"/UsagePoint/{number}"
    kind = f"<ServiceCategory><kind>{service}</kind></ServiceCategory>"
    inner = f'<UsagePoint xmlns="http://naesb.org/espi">{kind}</UsagePoint>'
    return resource(own, inner, related=(f"{own}/MeterReading",)) + "".join(meters)


def meter(point_number: int, number: int, kind_number: int, *blocks: str) -> str:
    """A MeterReading of a point, and its blocks of readings."""
    above = f"/UsagePoint/{point_number}/MeterReading"
    own = f"{above}/{number}"
    entries = resource(
        own,
        '<MeterReading xmlns="http://naesb.org/espi"/>',
        up=above,
        related=(f"{own}/IntervalBlock", f"/ReadingType/{kind_number}"),
    )
    for index, block in enumerate(blocks):
        inner = f'<IntervalBlock xmlns="http://naesb.org/espi">{block}</IntervalBlock>'
        entries += resource(f"{own}/IntervalBlock/{index}", inner, up=f"{own}/IntervalBlock")
    return entries


def feed(*entries: str) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
    return (head + "".join(entries) + "</feed>").encode()


def readings(facts: Home, energies_wh: list[int]) -> str:
    return "".join(
        reading(at_s, facts.step_s, wh)
        for at_s, wh in zip(facts.start_s.tolist(), energies_wh, strict=True)
    )


def green_button(facts: Home, *, net: bool = False) -> bytes:
    """A Green Button feed of one electric point, with a gas point beside it."""
    imports, exports = facts.import_wh.tolist(), facts.exports()
    gas = point(2, meter(2, 1, 7, reading(int(facts.start_s[0]), 86400, 5)), service=1)
    kinds = reading_type(7, commodity=7, uom=169) + reading_type(1)
    if net:
        values = [use - out for use, out in zip(imports, exports, strict=True)]
        kinds += reading_type(4, flowDirection=4)
        return feed(gas, kinds, point(1, meter(1, 1, 4, readings(facts, values))))
    meters = [meter(1, 1, 1, readings(facts, imports))]
    if facts.export_wh is not None:
        kinds += reading_type(19, flowDirection=19)
        meters.append(meter(1, 2, 19, readings(facts, exports)))
    return feed(gas, kinds, point(1, *meters))


def parquet(facts: Home, *, stamp: str = "utc") -> bytes:
    """A Parquet table; `stamp` is "utc", "wall" or "text"."""
    import pyarrow
    from pyarrow import parquet as files

    starts: object = facts.local()
    kind = pyarrow.timestamp("us", tz="UTC")
    if stamp == "wall":
        starts = [at.replace(tzinfo=None) for at in facts.local()]
        kind = pyarrow.timestamp("ms")
    elif stamp == "text":
        starts, kind = [at.isoformat() for at in facts.local()], pyarrow.string()
    columns = {"start": pyarrow.array(starts, kind), "import_kwh": pyarrow.array(facts.import_kwh)}
    if facts.export_kwh is not None:
        columns["export_kwh"] = pyarrow.array(facts.export_kwh)
    sink = BytesIO()
    files.write_table(pyarrow.table(columns), sink)
    return sink.getvalue()


WRITERS: dict[str, Callable[[Home], bytes]] = {
    "plain CSV": plain,
    "plain CSV with offsets": lambda facts: plain(facts, offset=True),
    "PG&E usage": pge,
    "PG&E units": lambda facts: pge(facts, layout="units"),
    "PG&E import export": lambda facts: pge(facts, layout="import export"),
    "SCE": sce,
    "SCE plain spaces": lambda facts: sce(facts, space=" "),
    "SCE wide": sce_wide,
    "SDG&E": sdge,
    "Green Button": green_button,
    "Green Button net": lambda facts: green_button(facts, net=True),
    "Parquet": parquet,
    "Parquet wall clock": lambda facts: parquet(facts, stamp="wall"),
    "Parquet text": lambda facts: parquet(facts, stamp="text"),
}
