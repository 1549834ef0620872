"""toadr3, 3.0.1."""

import asyncio

import toadr3
from receiver import TOKEN, Receiver, say, told
from toadr3.models import ObjectOperation, ObjectType, Subscription
from toadr3.models.event import Event
from toadr3.models.objectoperation import OperationType

WANTED = told()


def numbers(event):
    return [
        {
            "start": one.interval_period.start.isoformat(),
            "seconds": one.interval_period.duration.as_timedelta().total_seconds()
            if hasattr(one.interval_period.duration, "as_timedelta")
            else one.interval_period.duration.total_seconds(),
            **{payload.type: float(payload.values[0]) for payload in one.payloads},
        }
        for one in event.intervals
    ]


async def main():
    config = toadr3.OAuthScopeConfig(
        token_url=WANTED["url"] + "/auth/token",
        grant_type="client_credentials",
        scope="read_all write_subscriptions",
        client_id=WANTED["client_id"],
        client_secret=WANTED["client_secret"],
    )
    client = toadr3.ToadrClient(WANTED["url"], config)
    try:
        names = []
        while True:
            page = await client.get_programs(skip=len(names), limit=50)
            names += [program.program_name for program in page]
            if len(page) < 50:
                break
        (program,) = await client.get_programs(
            target_type="PROGRAM_NAME", target_values=[WANTED["program"]]
        )
        events = await client.get_events(program_id=program.id)
        say(names=names, days={event.event_name: numbers(event) for event in events})
        receiver = Receiver()
        made = await client.post_subscription(
            Subscription(
                client_name=WANTED["ven"],
                program_id=WANTED["own_program_id"],
                object_operations=[
                    ObjectOperation(
                        objects=[ObjectType.EVENT],
                        operations=[OperationType.POST, OperationType.PUT, OperationType.DELETE],
                        callback_url=receiver.url,
                        bearer_token=TOKEN,
                    )
                ],
            )
        )
        say(subscription=made.id)
        came = await asyncio.to_thread(receiver.wait_for, 3)
        objects = [Event.model_validate(one["object"]) for one in came]
        gone = await client.delete_subscription(made.id)
        say(
            operations=[one["operation"] for one in came],
            names=[one.event_name for one in objects],
            deleted=200 if gone.id == made.id else 0,
        )
    finally:
        await client.client_session.close()


asyncio.run(main())
