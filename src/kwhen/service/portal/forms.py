"""Forms as they come from browsers: bounded, urlencoded or multipart."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from kwhen.errors import (
    ChoiceError,
    CoverageError,
    InvalidFields,
    KwhenError,
    UsageError,
)
from kwhen.service.requests import LARGEST_PLAIN_BYTES, BoundedRequest

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
MOST_FIELDS, MOST_FILES = 1000, 8


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody chose."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, each with all its values."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[Upload]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The value of a field without spaces around it; "" where it is absent."""
        return next(iter(self.fields.get(name, ())), "").strip()

    def texts(self, name: str) -> list[str]:
        """The values of a field that may come several times."""
        return self.fields.get(name, [])

    def is_checked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return bool(self.fields.get(name))

    def file(self, name: str) -> Upload | None:
        """The file of a field, None where none was chosen."""
        return next((upload for upload in self.files.get(name, ()) if upload.name), None)

    def values(self) -> dict[str, str]:
        """Each field's value, to fill the form in again."""
        return {name: self.text(name) for name in self.fields}


@dataclass(frozen=True, slots=True)
class TakesForm:
    """Marks a route that takes a form, with the largest body that it may have."""

    limit_bytes: int = LARGEST_PLAIN_BYTES

    async def __call__(self, request: Request) -> Form:
        """The form, which the route read already."""
        form = request.state.form
        assert isinstance(form, Form)
        return form


def takes_form(limit_bytes: int) -> TakesForm:
    """A form with files: `form: Annotated[Form, Depends(takes_form(…))]`."""
    return TakesForm(limit_bytes)


TheForm = Annotated[Form, Depends(TakesForm())]


# What a form asked for and cannot be had: told on its page.
NOT_CALCULABLE = (InvalidFields, CoverageError, ChoiceError, UsageError)


class FieldErrors(dict[str, str]):
    """What is wrong by field; "" of a field with which nothing is."""

    def __missing__(self, name: str) -> str:
        return ""


def errors_by_field(error: KwhenError | None) -> FieldErrors:
    """What is wrong, by the name of the field beside which it is told; "" where there is none."""
    if error is not None and not isinstance(error, InvalidFields):
        return FieldErrors({"": str(error)})
    told = () if error is None else reversed(error.fields)
    return FieldErrors({one.field: one.message for one in told})


async def read_form(request: BoundedRequest) -> Form:
    """The form of a request; empty where it has no body.

    Raises
    ------
    InvalidFields, TooLarge, UnsupportedMedia
    """
    request.media_types = (URLENCODED, MULTIPART)
    body = await request.body()
    if not body:
        return Form()
    try:
        data = await _parsed(request.headers, body, is_multipart=request.media_type == MULTIPART)
    except (MultiPartException, FormParserError, UnicodeError, LookupError) as error:
        raise InvalidFields.one("", f"the form cannot be read: {error}") from error
    return await _form(data)


async def _parsed(headers: Headers, body: bytes, *, is_multipart: bool) -> FormData:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body
        yield b""

    given = stream()
    if not is_multipart:
        return await FormParser(headers, given).parse()
    parser = MultiPartParser(
        headers,
        given,
        max_files=MOST_FILES,
        max_fields=MOST_FIELDS,
        max_part_size=LARGEST_PLAIN_BYTES,
    )
    return await parser.parse()


async def _form(data: FormData) -> Form:
    form, items = Form(), data.multi_items()
    if len(items) > MOST_FIELDS + MOST_FILES:
        raise InvalidFields.one("", f"the form has more than {MOST_FIELDS} fields")
    for name, value in items:
        if isinstance(value, UploadFile):
            upload = Upload(name=value.filename or "", content=await value.read())
            form.files.setdefault(name, []).append(upload)
            await value.close()
        elif "\0" in value:
            raise InvalidFields.one(name, "has a NUL character, which no text has")
        else:
            form.fields.setdefault(name, []).append(value)
    return form
