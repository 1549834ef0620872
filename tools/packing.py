"""Files whose bytes depend on their content alone: a rebuild gives the same file."""

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip file can hold


def write_zip(path: Path, members: dict[str, bytes]) -> None:
    """Members in a compressed zip without the time of writing."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=9)


def write_npz(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Arrays as a compressed `.npz`, which is a zip of `.npy` members."""
    members = {}
    for name, array in arrays.items():
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, array, allow_pickle=False)
        members[f"{name}.npy"] = buffer.getvalue()
    write_zip(path, members)


def write_gzip(path: Path, text: str) -> None:
    """Text as gzip without the time of writing and without a file name."""
    path.write_bytes(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0))


def hour_planes(hours: NDArray[np.float64], unit: float) -> NDArray[np.uint8]:
    """Hourly figures of Z zones as multiples of a unit: steps from hour to hour, in byte planes.

    `kwhen.catalog.zone_hours` reads them. (Z, 8760) → (2, Z × 8760)
    """
    counts = np.round(hours / unit)
    if counts.min() < 0 or counts.max() > 65_535:
        raise SystemExit(f"figures from {hours.min()} to {hours.max()} do not fit 16 bits")
    steps = np.diff(counts.astype("<u2"), axis=1, prepend=np.uint16(0)).astype("<u2")  # wraps
    return np.ascontiguousarray(steps.reshape(-1).view(np.uint8).reshape(-1, 2).T)
