"""A home as plain texts, as a form or a row of a CSV file holds it.

Each text has the name of its field in the API. A blank one says nothing: of a home that is made it
leaves the default, of a home that is changed it clears the field.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from kwhen.errors import FieldError, InvalidFields
from kwhen.records import HomeFacts
from kwhen.wire.field_errors import field_errors
from kwhen.wire.homes import HomeAnswer, HomeChange, HomeCreate, SolarInfoAnswer

M = TypeVar("M", bound=HomeChange)
Kind = Literal["text", "yes or no", "number", "date", "word"]
SOLAR = "solarInfo"
YES, NO = frozenset({"true", "yes", "y", "1"}), frozenset({"false", "no", "n", "0"})
SIZE, METERING = "solarSystemSizeKw", "isNonNetMetered"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField:
    """A text of a home: what it holds, and where it is in the body of the API."""

    name: str
    kind: Kind
    words: str
    example: str = ""
    in_solar: str = ""  # its name within solarInfo


def _text(name: str, words: str, example: str = "", kind: Kind = "text") -> TextField:
    return TextField(name=name, kind=kind, words=words, example=example)


def _solar(name: str, within: str, kind: Kind, words: str, example: str = "") -> TextField:
    return TextField(name=name, kind=kind, words=words, example=example, in_solar=within)


FIELDS = (
    _text("name", "What people call it; required.", "Maple Street 12"),
    _text("zipcode", "US ZIP code; zeros lost in front are restored.", "94107"),
    _text("userId", "Your own id of the person.", "user_2041"),
    _text("clientId", "Your own id of the home; an import refuses one that is held.", "H-2041"),
    _text("utilityId", "EIA id of the utility.", "14328"),
    _text("ratePlanId", "Id or key of a plan; it fills the utility.", "14328/E-TOU-D"),
    _text("exportRule", "Export compensation, such as NEM2, NBT or NONE.", "NBT"),
    _text("carbonSignalIntensity", "LOW, MEDIUM or HIGH; else MEDIUM.", "MEDIUM", "word"),
    _text("energyMarketBiddingEnabled", "Whether the market enters the price.", "yes", "yes or no"),
    _text("enabled", "No: left out of webhook runs.", "yes", "yes or no"),
    _text("streetAddress", "Street and number.", "12 Maple Street"),
    _text("unstructuredAddress", "An address in one line."),
    _text("city", "Else that of the ZIP."),
    _text("country", "Else US where the ZIP is known."),
    _text("timezone", "IANA zone; else that of the ZIP."),
    _text("meterId", "Id of the meter."),
    _text("meterIdSource", "Who gave the meter id."),
    _text("channelPartnerId", "A channel partner that is known."),
    _text("modalHome", "A made-up home that stands for many.", "no", "yes or no"),
    _solar(SIZE, "systemSizeKw", "number", "DC rating of the modules, kW; blank: no solar.", "6.4"),
    _solar(METERING, "isNonNetMetered", "yes or no", "Yes: net billing, with the size.", "yes"),
    _solar("moduleType", "moduleType", "word", "standard, premium or thinFilm."),
    _solar("arrayType", "arrayType", "word", "fixedOpenRack, fixedRoof, singleAxis, …"),
    _solar("tilt", "tilt", "number", "Degrees from horizontal, 0 to 90.", "20"),
    _solar("azimuth", "azimuth", "number", "Degrees from north, clockwise.", "180"),
    _solar("losses", "losses", "number", "System losses, percent.", "14"),
    _solar("inverterEfficiency", "inverterEfficiency", "number", "Percent, 90 to 99.5.", "96"),
    _solar("dcAcRatio", "dcAcRatio", "number", "DC over AC rating.", "1.2"),
    _solar("interconnectionDate", "interconnectionDate", "date", "Sets the export vintage.",
           "2025-03-14"),
)  # fmt: skip
BY_NAME = {field.name: field for field in FIELDS}
_NAME_IN_SOLAR = {field.in_solar: field.name for field in FIELDS if field.in_solar}


def created(texts: Mapping[str, str]) -> HomeCreate:
    """A new home of its texts; those that are blank are left out.

    Raises
    ------
    InvalidFields
        Each error is told under the name of its text.
    """
    told = {name: text for name, text in texts.items() if text.strip()}
    return _model(HomeCreate, told, told.keys())


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> HomeChange:
    """What a change of texts says: those that are as they were say nothing.

    Raises
    ------
    InvalidFields
        Each error is told under the name of its text.
    """
    merged = {**before, **after}
    moved = {name for name in after if after[name].strip() != before.get(name, "").strip()}
    return _model(HomeChange, merged, moved)


def texts_of(facts: HomeFacts) -> dict[str, str]:
    """A home as its texts."""
    told: dict[str, Any] = {field.alias or name: getattr(facts, name)
                            for name, field in HomeAnswer.model_fields.items()
                            if hasattr(facts, name)}  # fmt: skip
    told["utilityId"] = told.pop("UtilityId")
    if facts.solar is not None:
        solar = SolarInfoAnswer.of(facts.solar).model_dump(mode="json", by_alias=True)
        told |= {_NAME_IN_SOLAR[name]: value for name, value in solar.items()}
    return {field.name: _as_text(told.get(field.name)) for field in FIELDS}


def _as_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}" if float(f"{value:g}") == value else repr(value)
        case _:
            return str(value)


def _body(
    texts: Mapping[str, str], moved: Collection[str], wrong: list[FieldError]
) -> dict[str, Any]:
    """The JSON of what was moved; solar goes as a whole."""
    body: dict[str, Any] = {}
    solar: dict[str, Any] = {}
    for field in FIELDS:
        text = texts.get(field.name, "").strip()
        if field.in_solar and text:
            solar[field.in_solar] = _value(field, text, wrong)
        elif not field.in_solar and field.name in moved:
            body[field.name] = _value(field, text, wrong) if text else None
    if any(field.in_solar and field.name in moved for field in FIELDS):
        body[SOLAR] = _whole_solar(solar, wrong)
    return body


def _whole_solar(solar: dict[str, Any], wrong: list[FieldError]) -> dict[str, Any] | None:
    if not solar.keys() - {"isNonNetMetered"}:
        return None  # a form always says one or the other of metering
    if "systemSizeKw" not in solar:
        wrong.append(FieldError(SIZE, "is required with the other fields of solar"))
    elif "isNonNetMetered" not in solar:
        wrong.append(FieldError(METERING, f"goes together with {SIZE}; say yes or no"))
    return solar


def _value(field: TextField, text: str, wrong: list[FieldError]) -> Any:
    """The JSON value of a text, and what is wrong with it."""
    if "\0" in text:
        wrong.append(FieldError(field.name, "holds a NUL character; leave it out"))
    match field.kind:
        case "yes or no":
            if text.lower() in YES | NO:
                return text.lower() in YES
            wrong.append(FieldError(field.name, f"must be yes or no, got {text[:40]!r}"))
        case "number":
            if (number := _number(text)) is not None:
                return number
            wrong.append(FieldError(field.name, f"must be a number, got {text[:40]!r}"))
    return text.upper() if field.name == "carbonSignalIntensity" else text


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _model(model: type[M], texts: Mapping[str, str], moved: Collection[str]) -> M:
    wrong: list[FieldError] = []
    body = _body(texts, moved, wrong)
    try:
        made = model.model_validate(body)
    except ValidationError as error:
        told = {one.field for one in wrong}
        found = field_errors(error.errors(include_url=False))
        named = [FieldError(_named(one.field), _words(one)) for one in found]
        wrong += [one for one in named if one.field not in told]
    if wrong:
        raise InvalidFields(wrong)
    return made


def _words(error: FieldError) -> str:
    is_pattern = error.field == "zipcode" and "pattern" in error.message
    return "is no ZIP code, such as 94107" if is_pattern else error.message


def _named(path: str) -> str:
    """The name of the text that a path of the body was made of."""
    place, _, within = path.partition(".")
    return _NAME_IN_SOLAR.get(within, path) if place == SOLAR else path
