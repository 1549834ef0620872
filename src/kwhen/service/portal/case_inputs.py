"""What the calculator is asked, as people type it, and as bodies of `/v1/calculate/compare`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError

from kwhen.errors import FieldError, InvalidFields
from kwhen.wire.compare import CompareRequest
from kwhen.wire.field_errors import field_errors

USUAL, HOME, FILE = "usual", "home", "file"
CASES = (1, 2, 3)
CASE_FIELDS = (
    "name", "plan", "solar", "battery", "power", "shift", "shift_from", "shift_to", "ev", "ev_from",
    "ev_to", "cost",
)  # fmt: skip
FIELDS = (
    "source", "zip", "home", "file", "plan", "export", "kwh", "solar", "ev", "ev_from", "ev_to",
    *(f"c{number}_{name}" for number in CASES for name in CASE_FIELDS),
)  # fmt: skip
LONGEST_COUNT = 255
USUAL_POWER_SHARE = 0.37  # kW to a kWh of common home batteries: 5 kW to 13.5 kWh
USUAL_FROM, USUAL_TO = "16-21", "10-15"
CHARGES_FROM, CHARGES_TO = "00:00", "06:00"
PERCENT = 100.0
_SPAN = re.compile(r"(\d{1,2})\s*[-–]\s*(\d{1,2})")
_PLACES = {  # of a body → of the form; c_ stands for the case
    "home.zipcode": "zip",
    "home.ratePlanId": "plan",
    "home.annualKwh": "kwh",
    "home.solarCapacityKw": "solar",
    "homeId": "home",
    "base.vehicle.opens": "ev_from",
    "base.vehicle.closes": "ev_to",
    "base.vehicle": "ev",
    "base.ratePlanId": "plan",
    "base.useStoredUsage": "home",
    "base": "source",
    "useStoredUsage": "home",
    "optimised.ratePlanId": "c_plan",
    "optimised.solar": "c_solar",
    "optimised.battery.powerKw": "c_power",
    "optimised.battery": "c_battery",
    "optimised.loadShift.share": "c_shift",
    "optimised.loadShift.toHours": "c_shift_to",
    "optimised.loadShift": "c_shift_from",
    "optimised.vehicle.opens": "c_ev_from",
    "optimised.vehicle.closes": "c_ev_to",
    "optimised.vehicle": "c_ev",
    "optimised": "c_name",
    "upfrontCost": "c_cost",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The energy that is billed: where it comes from and of which local days [start, end)."""

    start: str
    end: str
    usage: Mapping[str, bool] = field(default_factory=dict)  # useDefaultUsage or useStoredUsage
    is_net_metered: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A case that somebody filled in, as a body of the API."""

    number: int
    name: str
    body: Mapping[str, Any]
    sent: CompareRequest


@dataclass(frozen=True, slots=True)
class Inputs:
    """The fields of the calculator, blank where nothing is written."""

    texts: Mapping[str, str]

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> "Inputs":
        """From a query or a form; what the calculator does not know is passed over."""
        texts = {name: sent.get(name, "").strip()[:LONGEST_COUNT] for name in FIELDS}
        if texts["source"] not in (USUAL, HOME, FILE):
            texts["source"] = FILE if texts["file"] else HOME if texts["home"] else USUAL
        return cls(texts)

    def __getitem__(self, name: str) -> str:
        return self.texts[name]

    def of_case(self, number: int) -> dict[str, str]:
        """The fields of a case, by their names without it."""
        return {name: self.texts[f"c{number}_{name}"] for name in CASE_FIELDS}

    def is_filled(self, number: int) -> bool:
        """Whether a case changes anything."""
        own = self.of_case(number)
        return any(own[name] for name in ("plan", "solar", "battery", "shift", "ev", "cost")) or (
            bool(self["ev"] and own["ev_from"] + own["ev_to"])
        )

    @property
    def is_asked(self) -> bool:
        """Whether there is enough to calculate."""
        return bool(self["home"] if self["source"] == HOME else self["zip"] and self["plan"])

    def query(self, **changes: str) -> str:
        """The address that restores all that is written."""
        return urlencode({name: text for name, text in {**self.texts, **changes}.items() if text})

    def cases(self, window: Window) -> list[Case]:
        """The cases as bodies; without one, the base alone.

        Raises
        ------
        InvalidFields : by the names of the form
        """
        wrong: list[FieldError] = []
        numbers = [number for number in CASES if self.is_filled(number)] or [0]
        found = [case for number in numbers for case in self._case(number, window, wrong)]
        if wrong:
            raise InvalidFields(tuple(dict.fromkeys(wrong)))
        return found

    def place_of(self, path: str, number: int) -> str:
        """The field that a path of a case's body stands for; blank: the form as a whole."""
        while path not in _PLACES and path:
            path = path.rpartition(".")[0]
        place = _PLACES.get(path, "")
        if not place.startswith("c_"):
            return place
        own = f"c{number}_{place[2:]}"
        is_of_base = place.startswith("c_ev") and not self.texts.get(own)
        return place[2:] if is_of_base else own

    def _case(self, number: int, window: Window, wrong: list[FieldError]) -> Iterator[Case]:
        own = self.of_case(number) if number else dict.fromkeys(CASE_FIELDS, "")
        reader = _Reader(f"c{number}_", own, [])
        base = _Reader("", self.texts, [])
        body: dict[str, Any] = {
            **self._home(base, window),
            "startDate": window.start,
            "endDate": window.end,
            "base": {**window.usage, **base.vehicle()},
            "optimised": {**base.vehicle(reader), **reader.devices(window)},
        }
        if self["source"] == HOME and self["plan"]:
            body["base"]["ratePlanId"] = body["optimised"]["ratePlanId"] = self["plan"]
        if own["plan"]:
            body["optimised"]["ratePlanId"] = own["plan"]
        if (cost := reader.number("cost")) is not None:
            body["upfrontCost"] = cost
        problems = base.wrong + reader.wrong
        try:
            sent = CompareRequest.model_validate(body)
        except ValidationError as error:
            told = field_errors(error.errors(include_url=False))
            problems += [FieldError(self.place_of(one.field, number), one.message) for one in told]
        else:
            yield Case(number, own["name"] or f"Case {number}", body, sent)
        wrong += problems

    def _home(self, base: "_Reader", window: Window) -> dict[str, Any]:
        if self["source"] == HOME:
            return {"homeId": self["home"]}
        home: dict[str, Any] = {"zipcode": self["zip"], "ratePlanId": self["plan"]}
        if self["source"] == USUAL and (kwh := base.number("kwh")) is not None:
            home["annualKwh"] = kwh
        if (solar_kw := base.number("solar")) is not None:
            home |= {"solarCapacityKw": solar_kw, "isNonNetMetered": not window.is_net_metered}
        return {"home": home}


@dataclass(frozen=True, slots=True)
class _Reader:
    """Texts of the base or of a case, read as values; what is no value is told."""

    prefix: str
    texts: Mapping[str, str]
    wrong: list[FieldError]

    def number(self, name: str) -> float | None:
        """A number, None where nothing is written."""
        text = self.texts[name].replace(",", "").removeprefix("$").removesuffix("%").strip()
        if not text:
            return None
        try:
            return float(text)
        except ValueError:
            self._tell(name, "must be a number")
            return None

    def devices(self, window: Window) -> dict[str, Any]:
        """Solar, a battery and moved use, as the API takes them."""
        found: dict[str, Any] = {}
        if (size_kw := self.number("solar")) is not None:
            found["solar"] = {"systemSizeKw": size_kw, "isNonNetMetered": not window.is_net_metered}
        if (kwh := self.number("battery")) is not None:
            power_kw = (
                self.number("power") if self.texts["power"] else round(kwh * USUAL_POWER_SHARE, 1)
            )
            found["battery"] = {"capacityKwh": kwh, "powerKw": power_kw}
        elif self.texts["power"]:
            self._tell("battery", "say how many kWh it holds")
        if (percent := self.number("shift")) is not None:
            found["loadShift"] = {
                "share": percent / PERCENT,
                "fromHours": self._hours("shift_from", USUAL_FROM),
                "toHours": self._hours("shift_to", USUAL_TO),
            }
        return found

    def vehicle(self, other: "_Reader | None" = None) -> dict[str, Any]:
        """The vehicle of the base, or as a case has it: what the case does not say is as before."""
        one = other if other is not None and other.texts["ev"] else self
        if (kwh := one.number("ev")) is None:
            return {}
        texts = self.texts if other is None else other.texts
        usual = (CHARGES_FROM, CHARGES_TO)
        if other is not None:
            usual = (self.texts["ev_from"] or CHARGES_FROM, self.texts["ev_to"] or CHARGES_TO)
        return {
            "vehicle": {
                "kwhPerDay": kwh,
                "opens": texts["ev_from"] or usual[0],
                "closes": texts["ev_to"] or usual[1],
            }
        }

    def _hours(self, name: str, usual: str) -> Sequence[int]:
        found = _SPAN.fullmatch(self.texts[name] or usual)
        first, end = (int(part) for part in found.groups()) if found else (0, 0)
        if not (first < 24 and end <= 24 and first != end):
            self._tell(name, "write hours as 16-21: from 16:00 to 21:00")
            return []
        return [hour % 24 for hour in range(first, end if end > first else end + 24)]

    def _tell(self, name: str, message: str) -> None:
        self.wrong.append(FieldError(f"{self.prefix}{name}", message))
