"""Arguments as the API spells them: names, times, interval arrays."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kwhen.errors import UsageError

Energy = NDArray[Any] | Sequence[Sequence[float]]  # (days, 96) [kWh]
Day = date | str
Moment = datetime | str

CELLS_COUNT = 96
SPELLED = {"has_ac": "hasAC"}
NPY = "application/octet-stream"


def spelled(name: str) -> str:
    """A name in camelCase; one without underscores stays as it is."""
    first, *rest = name.split("_")
    return SPELLED.get(name) or first + "".join(word.capitalize() for word in rest)


def fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by the API's names, what lies in them as well."""
    return {spelled(name): _value(value) for name, value in given.items()}


def told(**given: Any) -> dict[str, Any]:
    """The arguments that are not None, by the API's names."""
    return fields({name: value for name, value in given.items() if value is not None})


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return fields(value)
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_value(one) for one in value]
    return value


def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        raise UsageError(f"{value} has no zone; give datetimes one, such as datetime.UTC")
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Body:
    """What a request sends: JSON, and beside it arrays as files."""

    fields: Mapping[str, Any]
    files: Mapping[str, bytes]

    def arguments(self) -> dict[str, Any]:
        """The same as httpx takes it."""
        if not self.files:
            return {"json": self.fields}
        request = ("request.json", json.dumps(self.fields), "application/json")
        parts = {name: (f"{name}.npy", data, NPY) for name, data in self.files.items()}
        return {"files": {"request": request, **parts}}


def with_energy(given: Mapping[str, Any], energy: Mapping[str, Energy | None]) -> Body:
    """Fields with interval arrays by their paths: lists stay JSON, arrays travel as .npy.

    Raises
    ------
    UsageError
        An array is not of whole days, or holds what is no finite number.
    """
    sent, files = dict(given), {}
    for path, values in energy.items():
        if isinstance(values, np.ndarray):
            files[path] = _npy(path, values)
        elif values is not None:
            *above, name = path.split(".")
            at = sent
            for key in above:
                at[key] = dict(at[key])
                at = at[key]
            at[name] = values
    return Body(sent, files)


def _npy(path: str, values: NDArray[Any]) -> bytes:
    energy_kwh = np.ascontiguousarray(values, dtype=np.float64)
    if energy_kwh.ndim not in (1, 2) or energy_kwh.size % CELLS_COUNT:
        raise UsageError(f"{path} has the shape {values.shape}; give (days, {CELLS_COUNT})")
    if not np.isfinite(energy_kwh).all():
        raise UsageError(f"{path} has values that are no finite numbers; fill its gaps first")
    file = io.BytesIO()
    np.save(file, energy_kwh.reshape(-1, CELLS_COUNT), allow_pickle=False)
    return file.getvalue()
