"""An application with one fault of each kind, to see that the harness finds them."""

from typing import Annotated, Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

SECURED = {"security": [{"x-ws-api-key": []}]}


class Division(BaseModel):
    whole: int
    parts: Annotated[int, Field(ge=0, le=9)]


class Item(BaseModel):
    name: str


def app() -> FastAPI:
    """The application, as uvicorn asks for it."""
    made = FastAPI()

    @made.get("/readyz", include_in_schema=False)
    def readyz() -> str:
        return "ready"

    @made.get("/has-no-fault", response_model=Item)
    def sound() -> Item:
        return Item(name="x")

    @made.post("/divides-by-zero")
    def divide(body: Division) -> int:
        return body.whole // body.parts

    @made.get("/answers-another-shape", response_model=Item)
    def shape() -> Response:
        return JSONResponse({"nom": 1})

    @made.get("/answers-another-type", response_model=Item)
    def kind() -> Response:
        return Response("<name/>", media_type="text/xml")

    @made.get("/answers-an-unknown-status")
    def status() -> Response:
        return Response(status_code=418)

    @made.post("/takes-what-is-wrong", openapi_extra=_body(Item))
    async def loose(request: Request) -> int:
        return len(await request.body())

    @made.post("/refuses-what-is-right", responses={406: {}}, openapi_extra=_body(Item))
    async def strict(request: Request) -> Response:
        return Response(status_code=406)

    @made.get("/asks-for-no-key", openapi_extra=SECURED)
    def unguarded() -> int:
        return 1

    return made


def _body(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def document() -> dict[str, Any]:
    """Its document, with the way of access that it does not ask for."""
    whole = app().openapi()
    key = {"type": "apiKey", "in": "header", "name": "x-ws-api-key"}
    whole.setdefault("components", {})["securitySchemes"] = {"x-ws-api-key": key}
    return whole
