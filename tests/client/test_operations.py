"""The client against a real service: every operation has a method that asks it rightly."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, Unpack, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from kwhen.client import ApiError, Client
from kwhen.client.bodies import spelled
from kwhen.operations.deployment import Deployment
from kwhen.service.app import create_app
from kwhen.service.bodies import NDJSON
from kwhen.service.pages.operations import Operation, operations
from kwhen.service.pages.schemas import fields, resolved
from tests.deployments import SANDBOX, opened, parties
from tests.service.server import served
from tests.service.world import plan_id
from tools.write_openapi import current

WHOLE = current()
OPERATIONS = {operation.name: operation for operation in operations(WHOLE)}
METHODS = {
    method.operation_id: method
    for _, method in inspect.getmembers(Client, inspect.isfunction)
    if hasattr(method, "operation_id")
}
every_operation = pytest.mark.parametrize("name", OPERATIONS)

DAYS = np.full((2, 96), 0.25)
WINDOW = ("2026-07-01", "2026-07-03")
INLINE: Any = {"rate_plan_id": plan_id(), "zipcode": "94612", "solar_capacity_kw": 4}
UNUSED = {"UtilityId", "getHomePriceSignalOpenAdr.include"}  # an older name; no room in events


@dataclass(frozen=True)
class Scene:
    client: Client
    home: str
    url: str


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with opened("sqlite", tmp_path_factory.mktemp("client")) as found:
        yield found


@pytest.fixture(scope="module")
def scene(deployment: Deployment) -> Iterator[Scene]:
    key = parties(deployment).key("north", SANDBOX).secret
    with served(create_app(deployment)) as url, Client(url, key) as client:
        home = client.create_home("My home", zipcode="94107", rate_plan_id=plan_id())
        yield Scene(client=client, home=home["id"], url=url)


def fresh(scene: Scene) -> str:
    return scene.client.create_home("Another", zipcode="94107", rate_plan_id=plan_id())["id"]


def sandbox_key(scene: Scene) -> Any:
    return scene.client.open_sandbox(
        organization_name="Sunny",
        user_name="Ada",
        assignment="Build a dashboard of prices.",
        requested_scopes=["homes", "calculate", "utility:read"],
    )


def revoked(scene: Scene) -> Any:
    issued = sandbox_key(scene)
    with Client(scene.url, issued["credential"]) as client:
        return client.revoke_sandbox_key(issued["credential_id"], "done")


CALLS: dict[str, Callable[[Scene], Any]] = {
    "getUtility": lambda s: s.client.utilities(zipcode="94107", detail_level="full"),
    "createHome": lambda s: s.client.create_home(
        "Sunny", zipcode="95313", solar_info={"system_size_kw": 5, "is_non_net_metered": False}
    ),
    "listHomes": lambda s: s.client.list_homes(page_size=5, zipcode="94107"),
    "getHome": lambda s: s.client.get_home(s.home),
    "ClientHomeCompositeAuthController_updateHome_v1": lambda s: s.client.update_home(
        s.home, if_match=s.client.get_home(s.home)["updatedAt"], name="New", has_ac=True
    ),
    "removeHome": lambda s: s.client.remove_home(fresh(s)),
    "createHomeSolar": lambda s: s.client.add_solar(fresh(s), 6.4, True),
    "putHomeUsage": lambda s: s.client.put_usage(s.home, *WINDOW, DAYS),
    "getHomeUsage": lambda s: s.client.get_usage(s.home, *WINDOW),
    "getHomePriceSignal": lambda s: s.client.price_signal(
        s.home, include=["components", "exportPrices", "sources"]
    ),
    "getHomePriceSignalOpenAdr": lambda s: s.client.price_event(s.home, components=["tariff"]),
    "readHomePriceSignalOpenAdr": lambda s: s.client.next_price_event(s.home),
    "getHomePriceSignals": lambda s: list(s.client.price_signals([s.home, "ws_home_0"])),
    "calculatePeriodBillWithHome": lambda s: s.client.impact(
        s.home, *WINDOW, usage=DAYS, export=DAYS, debug=True
    ),
    "calculateHomeBillPeriod": lambda s: s.client.home_bill_period(
        s.home, *WINDOW, usage=DAYS.tolist()
    ),
    "calculateHomeBillMonthly": lambda s: s.client.home_bill_month(
        s.home, 7, 2026, use_default_usage=True
    ),
    "calculateRatePlanBillPeriod": lambda s: s.client.bill_of_plan(
        plan_id(), "2026-07-01", "2026-08-01", np.full(31 * 96, 0.3125)
    ),
    "calculateImpact": lambda s: s.client.impact_of(INLINE, *WINDOW, usage=DAYS),
    "calculateBillPeriod": lambda s: s.client.bill_period(INLINE, *WINDOW, use_default_usage=True),
    "calculateImpacts": lambda s: list(
        s.client.impacts(
            [
                {
                    "home": INLINE,
                    "usage": DAYS,
                    "start_date": WINDOW[0],
                    "end_date": WINDOW[1],
                },
                {"home_id": "ws_home_0", "start_date": WINDOW[0], "end_date": WINDOW[1]},
            ]
        )
    ),
    "compareScenarios": lambda s: s.client.compare_scenarios(
        INLINE,
        *WINDOW,
        base={"usage": DAYS},
        optimised={"battery": {"capacity_kwh": 13.5, "power_kw": 5}},
        upfront_cost=9000,
    ),
    "compareHomeRatePlans": lambda s: s.client.compare_plans_of_home(s.home, *WINDOW, usage=DAYS),
    "compareRatePlans": lambda s: s.client.compare_plans(
        {"zipcode": "94107"}, *WINDOW, use_default_usage=True
    ),
    "OnboardingController_generateSessionToken_v1": lambda s: s.client.create_session("user_1"),
    "requestAgentSandboxCredential": sandbox_key,
    "revokeAgentSandboxCredential": revoked,
    "submitFeedback": lambda s: s.client.feedback(message="Thank you.", feedback_type="other"),
    "getHealth": lambda s: s.client.health(),
    "getReadiness": lambda s: s.client.readiness(),
    "getMetrics": lambda s: s.client.metrics(),
}


def answer_schema(operation: Operation) -> dict[str, Any]:
    """The schema of what a method gives; of a stream, of all its lines."""
    answer = next(r for status, r in operation.told["responses"].items() if status < "300")
    kind, content = next(iter(resolved(WHOLE, answer)["content"].items()))
    schema: dict[str, Any] = content["schema"]
    return {"type": "array", "items": schema["contentSchema"]} if kind == NDJSON else schema


def test_every_operation_has_a_method() -> None:
    assert METHODS.keys() == OPERATIONS.keys()
    assert CALLS.keys() == OPERATIONS.keys()


@every_operation
def test_a_method_gives_what_the_document_says(name: str, scene: Scene) -> None:
    answer = CALLS[name](scene)
    within = {"allOf": [answer_schema(OPERATIONS[name])], "components": WHOLE["components"]}
    faults = [error.message for error in Draft202012Validator(within).iter_errors(answer)]
    assert not faults


def test_lines_that_fail_do_so_alone(scene: Scene) -> None:
    first, second = scene.client.price_signals([scene.home, "ws_home_0"])
    assert "prices" in first
    assert "error" in second and second["error"]["error_code"] == "NOT_FOUND"


def test_lists_and_arrays_give_the_same_bill(scene: Scene) -> None:
    rows = scene.client.impact(scene.home, *WINDOW, usage=DAYS.tolist())
    array = scene.client.impact(scene.home, *WINDOW, usage=DAYS.astype(np.float32).ravel())
    assert rows == array
    nested = scene.client.compare_scenarios(
        scene.home, *WINDOW, base={"usage": DAYS.tolist()}, optimised={"usage": DAYS / 2}
    )
    assert nested["base"]["billTotal"] == rows["billTotal"]
    assert nested["difference"]["billSaving"] > 0


def test_every_home_comes_page_by_page(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kwhen.client.homes.PAGE_COUNT", 2)
    made = {fresh(scene) for _ in range(5)}
    found = [home["id"] for home in scene.client.every_home()]
    assert made <= set(found)
    assert len(found) == len(set(found))


def test_a_session_token_opens_the_door_as_well(scene: Scene) -> None:
    token = scene.client.create_session()["sessionToken"]
    with Client(scene.url, session_token=token) as frontend:
        assert frontend.get_home(scene.home)["id"] == scene.home


def test_errors_tell_what_to_do(scene: Scene) -> None:
    with pytest.raises(ApiError) as raised:
        scene.client.create_home("", zipcode="nowhere")
    error = raised.value
    assert (error.status, error.error_code) == (400, "VALIDATION_FAILED")
    assert {one.field for one in error.field_errors} == {"name", "zipcode"}
    assert error.request_id and error.request_id.startswith("req_")
    assert error.recovery_action and error.recovery_action in str(error)
    assert "zipcode: " in str(error)
    with Client(scene.url) as stranger, pytest.raises(ApiError, match="AUTH_MISSING_API_KEY"):
        stranger.list_homes()


def test_an_old_version_is_a_conflict(scene: Scene) -> None:
    with pytest.raises(ApiError) as raised:
        scene.client.update_home(scene.home, if_match="2020-01-01T00:00:00.000Z", name="x")
    assert raised.value.status == 409


@every_operation
def test_the_types_of_answers_have_the_fields_of_the_document(name: str) -> None:
    """Fields are typed down to where the client leaves them open."""
    promised = get_type_hints(METHODS[name])["return"]
    schema = answer_schema(OPERATIONS[name])
    if get_origin(promised) is not None and get_args(promised):  # a list, or a stream
        schema, promised = schema["items"], get_args(promised)[0]
    check_type(promised, schema)


def check_type(promised: Any, schema: dict[str, Any]) -> None:
    typed = [one for one in kinds(promised) if is_typeddict(one)]
    told = resolved(WHOLE, schema)
    shapes = [resolved(WHOLE, one) for one in told.get("anyOf", [told])]
    for one in typed:
        hints = get_type_hints(one)
        like = [shape for shape in shapes if shape.get("properties", {}).keys() == hints.keys()]
        assert like, f"{one.__name__} has {sorted(hints)}"
        assert set(like[0].get("required", [])) == one.__required_keys__, one.__name__
        for field, hint in hints.items():
            inner = like[0]["properties"][field]
            if get_origin(hint) is list:
                hint, inner = get_args(hint)[0], resolved(WHOLE, inner).get("items", {})
            check_type(hint, inner)


def kinds(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


@every_operation
def test_the_arguments_are_the_fields_of_the_document(name: str) -> None:
    operation = OPERATIONS[name]
    body = operation.told.get("requestBody")
    if body is None or NDJSON in body["content"]:
        return
    schema = next(iter(body["content"].values()))["schema"]
    wanted = {f.path for f in fields(WHOLE, schema) if "." not in f.path and "[" not in f.path}
    given: set[str] = set()
    for argument, hint in get_type_hints(METHODS[name]).items():
        if get_origin(hint) is Unpack:
            given |= get_type_hints(get_args(hint)[0]).keys()
        else:
            given.add({"start": "start_time", "end": "end_time"}.get(argument, argument))
    if all("_" in field or field.islower() for field in wanted):
        assert wanted == given - {"return", "credential_id"}
        return
    not_in_body = {"return", "idempotency_key", "if_match"}
    found = {spelled(argument) for argument in given - not_in_body}
    in_path = {spelled("rate_plan_id")} if "{ratePlanId}" in operation.path else set()
    if "{id}" in operation.path or name == "compareScenarios":
        in_path.add("homeId")  # a home is an id there
    unused = {one for one in wanted if {one, f"{name}.{one}"} & UNUSED}
    assert found - in_path == wanted - unused - in_path
