"""python-oa3-client, 3.1.0: discovers the token endpoint, sends its secret in the form."""

from openadr3.entities import coerce_notification
from openadr3_client import VenClient
from receiver import TOKEN, Receiver, say, told

WANTED = told()
with VenClient(
    url=WANTED["url"], client_id=WANTED["client_id"], client_secret=WANTED["client_secret"]
) as ven:
    names = []
    while len(page := ven.api.programs(skip=len(names), limit=50)) == 50:
        names += [program.program_name for program in page]
    names += [program.program_name for program in page]
    program_id = ven.resolve_program_id(WANTED["program"])
    days = {}
    for event in ven.api.events(programID=program_id):
        days[event.event_name] = [
            {
                "start": one.interval_period.start.to_iso8601_string(),
                "seconds": one.interval_period.duration.total_seconds(),
                **{
                    str(p.type.value if hasattr(p.type, "value") else p.type): float(p.values[0])
                    for p in one.payloads
                },
            }
            for one in event.intervals
        ]
    polled = [event.event_name for event in ven.poll_events(WANTED["program"])]
    ven.register(WANTED["ven"])
    first = ven.ven_id
    ven.register(WANTED["ven"])
    say(names=names, days=days, polled=polled, ven_id=first, again=ven.ven_id,
        notifiers=ven.discover_notifiers())  # fmt: skip
    receiver = Receiver()
    made = ven.api.create_subscription(
        {
            "clientName": WANTED["ven"],
            "programID": WANTED["own_program_id"],
            "objectOperations": [
                {
                    "objects": ["EVENT"],
                    "operations": ["CREATE", "UPDATE", "DELETE"],
                    "callbackUrl": receiver.url,
                    "bearerToken": TOKEN,
                }
            ],
        }
    )
    made.raise_for_status()
    say(subscription=made.json()["id"])
    came = [coerce_notification(one) for one in receiver.wait_for(3)]
    say(
        operations=[one.operation for one in came],
        names=[one.object.event_name for one in came],
        deleted=ven.api.delete_subscription(made.json()["id"]).status_code,
    )
