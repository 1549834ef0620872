"""Named gaps and sources, as answers tell them."""

from datetime import date

from pydantic import Field

from kwhen.engine.words import Missing
from kwhen.wire.model import Answered


class GapAnswer(Answered):
    """Something that belongs here and that no figure is held for."""

    name: str = Field(examples=["local_taxes"])
    note: str | None = Field(default=None, examples=["city and county taxes are not held"])
    since: date | None = Field(default=None, description="From when on it lacks, where known.")

    @classmethod
    def of(cls, gap: Missing) -> "GapAnswer":
        """A gap."""
        return cls(name=gap.name, note=gap.note or None, since=gap.since)


class SourceAnswer(Answered):
    """A publication that figures were taken from."""

    id: str = Field(examples=["pge-e-elec-7846-E"])
    title: str | None = Field(
        default=None,
        description="Absent, like the rest, for a source of an import of one's own.",
        examples=["Electric Schedule E-ELEC"],
    )
    publisher: str | None = Field(default=None, examples=["Pacific Gas and Electric Company"])
    edition: str | None = Field(default=None, examples=["effective 2026-03-01"])
    url: str | None = Field(default=None, description="Absent where no stable address is known.")
    retrieved: date | None = Field(default=None, description="Day on which it was read.")
