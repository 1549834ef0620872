"""The pages that are looked at: a line each. `{home}` is the id of the demo's first home."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A page."""

    name: str  # of its pictures
    path: str
    is_signed_in: bool = True

    def __str__(self) -> str:
        return self.name


PAGES = (
    Looked(name="sign-in", path="/portal/sign-in", is_signed_in=False),
    Looked(name="home", path="/portal/homes/{home}"),
    Looked(name="home-flat", path="/portal/homes/{home5}"),
)
