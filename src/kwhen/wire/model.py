"""The two bases of what goes over HTTP: bodies that clients send, and answers."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Sent(BaseModel):
    """What clients send: camelCase, unknown fields ignored, exact types."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", strict=True, frozen=True
    )


class Answered(BaseModel):
    """What is answered: camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)
