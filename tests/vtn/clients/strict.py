"""openadr3-client, 3.1.0: strict models; HTTP Basic at the token URL; sends explicit nulls."""

import os

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # the loopback has no TLS

from openadr3_client.oadr310._vtn.interfaces.filters import PaginationFilter
from openadr3_client.oadr310.models.event.event import ServerEvent
from openadr3_client.oadr310.models.subscriptions.subscription import (
    NewSubscription,
    Object,
    ObjectOperation,
    Operation,
)
from openadr3_client.oadr310.models.ven.ven import NewVenVenRequest
from openadr3_client.ven.http_factory import VirtualEndNodeHttpClientFactory
from openadr3_client.version import OADRVersion
from receiver import TOKEN, Receiver, say, told

WANTED = told()
client = VirtualEndNodeHttpClientFactory.create_http_ven_client(
    vtn_base_url=WANTED["url"],
    client_id=WANTED["client_id"],
    client_secret=WANTED["client_secret"],
    token_url=WANTED["url"] + "/auth/token",
    allow_insecure_http=True,
    version=OADRVersion.OADR_310,
)
programs = []
while True:
    page = client.programs.get_programs(
        target=None, pagination=PaginationFilter(skip=len(programs), limit=50)
    )
    programs += page
    if len(page) < 50:
        break
(program,) = [one for one in programs if one.program_name == WANTED["program"]]
events = client.events.get_events(target=None, pagination=None, program_id=program.id)
ven = client.vens.create_ven(NewVenVenRequest(ven_name=WANTED["ven"]))
say(
    names=[one.program_name for one in programs],
    days={
        event.event_name: [
            {
                "start": one.interval_period.start.isoformat(),
                "seconds": one.interval_period.duration.total_seconds(),
                **{payload.type.value: float(payload.values[0]) for payload in one.payloads},
            }
            for one in event.intervals
        ]
        for event in events
    },
    ven_id=ven.id,
)
receiver = Receiver()
made = client.subscriptions.create_subscription(
    NewSubscription(
        client_name=WANTED["ven"],
        programID=WANTED["own_program_id"],
        object_operations=(
            ObjectOperation(
                objects=(Object.EVENT,),
                operations=(Operation.POST, Operation.PUT, Operation.DELETE),
                callback_url=receiver.url,
                bearer_token=TOKEN,
            ),
        ),
    )
)
say(subscription=made.id)
came = receiver.wait_for(3)
objects = [ServerEvent.model_validate(one["object"]) for one in came]
gone = client.subscriptions.delete_subscription_by_id(made.id)
say(
    operations=[one["operation"] for one in came],
    names=[one.event_name for one in objects],
    deleted=200 if gone.id == made.id else 0,
)
