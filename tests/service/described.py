"""Every route of the service: a request that it answers, and what in it belongs to a tenant."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, get_args

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel

from kwhen.records import Environment, Scope
from kwhen.service.bodies import MODELS
from kwhen.service.door import DoorRoute
from kwhen.service.portal.route import PortalRoute
from kwhen.service.vtn.route import VtnRoute
from tests.deployments import PRODUCTION, SANDBOX
from tests.service.envelope import check_shape, problem
from tests.service.world import KEY, Scene, World, plan_id

JSON, NDJSON = "application/json", "application/x-ndjson"
Build = Callable[[Scene], Any]


class Who(Enum):
    """Whom a route lets in, where that is not said by a scope."""

    ANY_KEY = "any key"
    ANYBODY = "anybody"


class Place(Enum):
    """Where a request names a thing of a tenant, and so how it is told that there is none."""

    PATH = "path"  # 404
    BODY = "body"  # 400
    LINE = "line"  # 200; the line of that home has the error


@dataclass(frozen=True, kw_only=True)
class Route:
    """How a route is asked rightly."""

    method: str
    path: str
    who: Scope | Who
    body: Build | None = None
    is_body_required: bool = False
    media_type: str = JSON
    names: Mapping[str, Place] = field(default_factory=dict)  # fields of `Scene` → where
    status: int = 200
    environment: Environment = PRODUCTION
    is_once: bool = False  # takes an Idempotency-Key
    is_matched: bool = False  # takes If-Match

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def url(self, scene: Scene) -> str:
        """Its path about the things of a scene."""
        path = self.path.replace("{ratePlanId}", plan_id())
        named = [name for name, place in self.names.items() if place is Place.PATH]
        thing = getattr(scene, named[0]) if named else scene.home
        return path.replace("{id}", thing)

    def content(self, scene: Scene) -> bytes | None:
        """Its body about the things of a scene."""
        if self.body is None:
            return None
        body = self.body(scene)
        if self.media_type == NDJSON:
            return b"".join(json.dumps(line).encode() + b"\n" for line in body)
        return json.dumps(body).encode()

    def ask(
        self, world: World, scene: Scene, headers: Mapping[str, str | bytes] | None = None
    ) -> httpx.Response:
        """The answer to its right request; `headers` instead of the key of north."""
        if headers is None:
            headers = world.headers(environment=self.environment)
        return self.send(world, self.content(scene), headers, self.url(scene))

    def send(
        self,
        world: World,
        content: Any,
        headers: Mapping[str, str | bytes],
        url: str,
    ) -> httpx.Response:
        """The answer to any body."""
        typed = {"content-type": self.media_type} if content is not None else {}
        return world.client.request(self.method, url, content=content, headers={**typed, **headers})


DAYS = [[0.25] * 96] * 2
WINDOW = {"startDate": "2026-07-01", "endDate": "2026-07-03"}
MONTH = {
    "usage": [[0.3125] * 96] * 31,
    "export": [[0] * 96] * 31,
    "startDate": "2026-07-01",
    "endDate": "2026-08-01",
}
TIMES = {"startTime": "2026-07-01T00:00:00.000Z", "endTime": "2026-07-01T06:00:00.000Z"}
IN_PATH = {"home": Place.PATH}


def inline(scene: Scene) -> dict[str, Any]:
    return {"home": {"ratePlanId": plan_id(), "zipcode": "94612"}, "usage": DAYS, **WINDOW}


def impact(scene: Scene) -> dict[str, Any]:
    return {"usage": DAYS, "export": DAYS, **WINDOW, "debug": True}


def agent_request(scene: Scene) -> dict[str, Any]:
    return {
        "organization_name": "Sunny",
        "user_name": "Ada",
        "assignment": "Build a dashboard of prices.",
        "requested_scopes": ["homes", "calculate", "utility:read"],
    }


ROUTES = (
    Route(
        method="POST",
        path="/v1/utility/get",
        who=Scope.UTILITY_READ,
        body=lambda scene: {"zipcode": "94107", "detailLevel": "minimal"},
        is_body_required=True,
    ),
    Route(
        method="POST",
        path="/v1/homes/create",
        who=Scope.HOMES_WRITE,
        body=lambda scene: {"name": "My Test Home", "channelPartnerId": scene.partner},
        is_body_required=True,
        names={"partner": Place.BODY},
        is_once=True,
    ),
    Route(
        method="POST",
        path="/v1/homes/list",
        who=Scope.HOMES_READ,
        body=lambda scene: {"after": scene.home},
        names={"home": Place.BODY},
    ),
    Route(method="POST", path="/v1/homes/{id}/get", who=Scope.HOMES_READ, names=IN_PATH),
    Route(
        method="POST",
        path="/v1/homes/{id}/update",
        who=Scope.HOMES_WRITE,
        body=lambda scene: {"name": "Other name", "channelPartnerId": scene.partner},
        names={"home": Place.PATH, "partner": Place.BODY},
        is_matched=True,
    ),
    Route(
        method="POST",
        path="/v1/homes/{id}/remove",
        who=Scope.HOMES_WRITE,
        names=IN_PATH,
        environment=SANDBOX,
        is_matched=True,
    ),
    Route(
        method="POST",
        path="/v1/homes/solar/create",
        who=Scope.HOMES_WRITE,
        body=lambda scene: {
            "homeId": scene.home,
            "solarSystemSizeKw": 5,
            "isNonNetMetered": False,
        },
        is_body_required=True,
        names={"home": Place.BODY},
    ),
    Route(
        method="POST",
        path="/v1/homes/{id}/usage/put",
        who=Scope.HOMES_WRITE,
        body=lambda scene: {"usage": DAYS, **WINDOW},
        is_body_required=True,
        names=IN_PATH,
    ),
    Route(
        method="POST",
        path="/v1/homes/{id}/usage/get",
        who=Scope.HOMES_READ,
        body=lambda scene: WINDOW,
        names=IN_PATH,
    ),
    Route(
        method="POST",
        path="/v1/homes/{id}/price_signal",
        who=Scope.PRICE_SIGNAL_READ,
        body=lambda scene: TIMES,
        names=IN_PATH,
    ),
    Route(
        method="POST",
        path="/v1/homes/{id}/price_signal/open_adr",
        who=Scope.PRICE_SIGNAL_READ,
        body=lambda scene: TIMES,
        names=IN_PATH,
    ),
    Route(
        method="GET",
        path="/v1/homes/{id}/price_signal/open_adr",
        who=Scope.PRICE_SIGNAL_READ,
        names=IN_PATH,
    ),
    Route(
        method="POST",
        path="/v1/homes/price_signal/batch",
        who=Scope.PRICE_SIGNAL_READ,
        body=lambda scene: {"homeIds": [scene.home], **TIMES},
        is_body_required=True,
        names={"home": Place.LINE},
    ),
    *(
        Route(
            method="POST",
            path=path,
            who=Scope.BILL_IMPACT_READ,
            body=impact,
            is_body_required=True,
            names=IN_PATH,
        )
        for path in ("/v1/homes/{id}/calculate/impact", "/v1/homes/{id}/bill/period")
    ),
    Route(
        method="POST",
        path="/v1/homes/{id}/bill/monthly",
        who=Scope.BILL_IMPACT_READ,
        body=lambda scene: {"usage": MONTH["usage"], "month": 7, "year": 2026},
        is_body_required=True,
        names=IN_PATH,
    ),
    Route(
        method="POST",
        path="/v1/homes/bill/period/rateplan/{ratePlanId}",
        who=Scope.BILL_IMPACT_READ,
        body=lambda scene: MONTH,
        is_body_required=True,
    ),
    *(
        Route(
            method="POST",
            path=path,
            who=Scope.BILL_IMPACT_READ,
            body=inline,
            is_body_required=True,
        )
        for path in ("/v1/calculate/impact", "/v1/homes/bill/period")
    ),
    Route(
        method="POST",
        path="/v1/homes/calculate/impact/batch",
        who=Scope.BILL_IMPACT_READ,
        body=lambda scene: [inline(scene), {"homeId": scene.home, "usage": DAYS, **WINDOW}],
        is_body_required=True,
        media_type=NDJSON,
        names={"home": Place.LINE},
    ),
    Route(
        method="POST",
        path="/v1/calculate/compare",
        who=Scope.BILL_IMPACT_READ,
        body=lambda scene: {
            "homeId": scene.home,
            "base": {"usage": DAYS},
            "optimised": {"usage": [[0.2] * 96] * 2},
            **WINDOW,
        },
        is_body_required=True,
        names={"home": Place.BODY},
    ),
    Route(
        method="POST",
        path="/v1/homes/{id}/compare/rateplans",
        who=Scope.BILL_IMPACT_READ,
        body=lambda scene: {"usage": DAYS, **WINDOW},
        is_body_required=True,
        names=IN_PATH,
    ),
    Route(
        method="POST",
        path="/v1/compare/rateplans",
        who=Scope.BILL_IMPACT_READ,
        body=lambda scene: {"home": {"zipcode": "94107"}, "usage": DAYS, **WINDOW},
        is_body_required=True,
    ),
    Route(
        method="POST",
        path="/v1/onboarding/session-token/generate",
        who=Scope.ONBOARDING_WRITE,
        body=lambda scene: {"userId": "user_1"},
    ),
    Route(
        method="POST",
        path="/v1/agent-credentials",
        who=Who.ANYBODY,
        body=agent_request,
        is_body_required=True,
    ),
    Route(
        method="POST",
        path="/v1/agent-credentials/{id}/revoke",
        who=Who.ANY_KEY,
        body=lambda scene: {"reason": "done"},
        names={"credential": Place.PATH},
        environment=SANDBOX,
    ),
    *(
        Route(
            method="POST",
            path=f"/v1/webhook/price_signal/{verb}",
            who=Scope.WEBHOOK_WRITE,
            body=body,
            is_body_required=verb == "set",
            is_once=verb == "trigger",
            names=names,
        )
        for verb, body, names in (
            (
                "set",
                lambda scene: {"webhookUrl": "https://example.com/", "securityKey": "k"},
                {},
            ),
            ("get", None, {}),
            ("delete", None, {}),
            ("trigger", lambda scene: dict(TIMES), {}),
            ("test", None, {}),
            ("runs/list", None, {}),
            ("deliveries/list", lambda scene: {"runId": scene.run}, {"run": Place.BODY}),
            ("deliveries/{id}/replay", None, {"delivery": Place.PATH}),
        )
    ),
    Route(
        method="POST",
        path="/v1/feedback",
        who=Who.ANYBODY,
        body=lambda scene: {"message": "Thank you."},
        is_body_required=True,
        status=201,
    ),
)

KEYED = tuple(route for route in ROUTES if route.who is not Who.ANYBODY)
WITH_BODY = tuple(route for route in ROUTES if route.body is not None)
UNGATED = {"/healthz", "/readyz", "/metrics"}  # no caller, no limit: for machines that watch


def gated_routes(app: FastAPI) -> list[DoorRoute]:
    """The routes behind the gate."""
    return [route for route in app.router.routes if isinstance(route, DoorRoute)]


def ungated_routes(app: FastAPI) -> list[APIRoute]:
    """The routes with declared parameters that are not behind the gate."""
    routes = [route for route in app.router.routes if isinstance(route, APIRoute)]
    return [route for route in routes if not isinstance(route, DoorRoute | VtnRoute | PortalRoute)]


def with_key(secret: str) -> dict[str, str]:
    """A key as a header."""
    return {KEY: secret}


def first_object(route: Route, scene: Scene) -> dict[str, Any]:
    """The right body of a route, of NDJSON its first line."""
    assert route.body is not None
    body = route.body(scene)
    found: dict[str, Any] = body[0] if route.media_type == NDJSON else body
    return found


def told(world: World, route: Route, scene: Scene, content: bytes) -> dict[str, Any] | None:
    """The error that a body is answered with, in its right shape; None where it is taken."""
    headers = world.headers(environment=route.environment)
    answer = route.send(world, content, headers, route.url(scene))
    if answer.status_code != route.status:
        is_gone = answer.status_code == 404 and Place.PATH in route.names.values()
        return problem(answer, *((404, "NOT_FOUND") if is_gone else (400, "VALIDATION_FAILED")))
    if Place.LINE not in route.names.values():
        return None
    failed = [json.loads(line).get("error") for line in answer.text.splitlines()]
    for error in filter(None, failed):
        check_shape(error, error["error_code"])
    return next(filter(None, failed), None)


def models_of(route: DoorRoute) -> Iterator[type[BaseModel]]:
    """The models of a route's body."""
    if route.body_field is not None:
        yield from models_in(route.body_field.field_info.annotation)
    content = (route.openapi_extra or {}).get("requestBody", {}).get("content", {})
    for described in content.values():
        schema = described["schema"].get("contentSchema", described["schema"])
        yield MODELS[schema["$ref"].rsplit("/", 1)[1]]


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a type such as `list[Model] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)
