"""What a schema cannot say is told by the field that is wrong."""

from typing import Any

import pytest

from tests.service.world import World

WINDOW = {"startDate": "2026-07-01", "endDate": "2026-07-02"}
VEHICLE = {"kwhPerDay": 10, "opens": "00:00", "closes": "00:05"}
SHIFT = {"fromHours": [16, 17], "toHours": [17], "share": 0.5}
SANDBOX = {"user_name": "U", "assignment": "to see what is told", "requested_scopes": ["homes"]}

CASES: list[tuple[str, dict[str, Any], str]] = [
    ("/v1/homes/create", {"name": "H", "zipcode": "7"}, "zipcode"),
    ("/v1/homes/list", {"zipcode": "7"}, "zipcode"),
    ("/v1/agent-credentials", {**SANDBOX, "organization_name": " "}, "organization_name"),
    *(
        (
            "/v1/calculate/compare",
            {**WINDOW, "homeId": "h", "base": {}, "optimised": {}} | {scenario: device},
            f"{scenario}.{name}",
        )
        for scenario in ("base", "optimised")
        for name, device in (
            ("vehicle", {"vehicle": VEHICLE}),
            ("loadShift", {"loadShift": SHIFT}),
        )
    ),
]


@pytest.mark.parametrize(("path", "body", "field"), CASES)
def test_the_field_is_told(path: str, body: dict[str, Any], field: str, world: World) -> None:
    answer = world.post(path, body)
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["field_errors"]] == [field]
