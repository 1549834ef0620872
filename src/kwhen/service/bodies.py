"""Bodies of routes that read them themselves, told to the OpenAPI document.

    @router.post("/calculate/impact", openapi_extra=body_of(ImpactRequest))

FastAPI sees no parameter for such a body. `body_of` writes the reference and remembers the model;
`openapi.py` puts the models that are referred to among the components.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from kwhen.service.requests import JSON_TYPE

NDJSON = "application/x-ndjson"
REF = "#/components/schemas/"

MODELS: dict[str, type[BaseModel]] = {}  # by name, filled while routes are imported


def body_of(
    model: type[BaseModel],
    *,
    required: bool = True,
    example: Any = None,
    media_types: Sequence[str] = (JSON_TYPE,),
) -> dict[str, Any]:
    """An `openapi_extra` for a route whose body is a model.

    Of `NDJSON` the model is one line. Arrays in parts of a multipart body need no word here: the
    document finds them by the route's `TheUpload`.
    """
    known = MODELS.setdefault(model.__name__, model)
    assert known is model, f"two models are called {model.__name__}"
    reference = {"$ref": f"{REF}{model.__name__}"}
    return {
        "requestBody": {
            "required": required,
            "content": {kind: _content(kind, reference, example) for kind in media_types},
        }
    }


def _content(media_type: str, reference: dict[str, str], example: Any) -> dict[str, Any]:
    if media_type == NDJSON:
        lines = {"type": "string", "contentMediaType": NDJSON, "contentSchema": reference}
        return {"schema": {**lines, "description": "One object a line."}}
    return {"schema": reference} if example is None else {"schema": reference, "example": example}
