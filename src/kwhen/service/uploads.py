"""Bodies with interval arrays: JSON, or parts of `.npy` and Parquet beside the JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends
from starlette.datastructures import UploadFile

from kwhen.errors import InvalidFields
from kwhen.haste import take_time
from kwhen.service.door import deployment_of
from kwhen.service.requests import JSON_TYPE, BoundedRequest
from kwhen.wire.binary_intervals import read_npy_part
from kwhen.wire.impact import Floats, read_request
from kwhen.wire.intervals import PATHS, IntervalBody, read_intervals
from kwhen.wire.model import Sent
from kwhen.wire.parquet_intervals import read_parquet_part

M = TypeVar("M", bound=Sent)

MULTIPART = "multipart/form-data"
PARQUET = "application/vnd.apache.parquet"
REQUEST_PART = "request"
MOST_PARTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a multipart body."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A body that carries interval arrays, not read yet."""

    body: bytes
    parts: Mapping[str, Part]

    def read(self, model: type[M], paths: Sequence[str] = PATHS) -> tuple[M, Mapping[str, Floats]]:
        """The fields, and the arrays by their paths. (D, 96) [kWh]

        Raises
        ------
        InvalidFields
        """
        if self.parts:
            take_time()
        body = read_intervals(self.body, paths)
        arrays_kwh = {**body.arrays_kwh, **self._arrays(paths)}
        read = IntervalBody(rest=body.rest, arrays_kwh=arrays_kwh, problems=body.problems)
        return read_request(model, read), arrays_kwh

    def _arrays(self, paths: Sequence[str]) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        for name, part in self.parts.items():
            if name not in paths:
                raise InvalidFields.one(name, f"is no part; known: {', '.join(paths)}")
            if part.media_type == PARQUET:
                found |= read_parquet_part(part.content, name)
            else:
                found[name] = read_npy_part(part.content, name)
        return found


async def _upload(request: BoundedRequest) -> Upload:
    request.limit_bytes = deployment_of(request).settings.max_body_bytes
    request.media_types = (JSON_TYPE, MULTIPART)
    body = await request.body()
    if request.media_type != MULTIPART:
        return Upload(body=body, parts={})
    async with request.form(
        max_files=MOST_PARTS, max_fields=MOST_PARTS, max_part_size=request.limit_bytes
    ) as form:
        parts = {name: await _part(value) for name, value in form.multi_items()}
    told = parts.pop(REQUEST_PART, None)
    if told is None:
        raise InvalidFields.one(REQUEST_PART, "this part is required: the other fields as JSON")
    return Upload(body=told.content, parts=parts)


async def _part(value: Any) -> Part:
    if isinstance(value, UploadFile):
        media_type = (value.content_type or "").split(";")[0].strip().lower()
        return Part(media_type=media_type, content=await value.read())
    return Part(media_type="text/plain", content=value.encode())


TheUpload = Annotated[Upload, Depends(_upload)]
