"""What an operation is given: whose work it is, when, in which transaction and on which facts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from kwhen.catalog.live.store import SeriesStore
from kwhen.catalog.stock import Stock
from kwhen.records import Tenant
from kwhen.storage.prepared import Direct

if TYPE_CHECKING:
    from kwhen.operations.deployment import Deployment


@dataclass(frozen=True, kw_only=True)
class Work:
    """One request or job of one tenant. Operations never commit: whoever opened it does."""

    open_session: Callable[[], Session]
    open_direct: Callable[[], Direct]
    tenant: Tenant
    now: datetime
    deployment: "Deployment"

    @cached_property
    def session(self) -> Session:
        """Its transaction, opened by the first who asks: some work needs no rows."""
        return self.open_session()

    @cached_property
    def direct(self) -> Direct:
        """The driver's connection, for statements of every request."""
        return self.open_direct()

    @property
    def stock(self) -> Stock:
        """Shipped and imported plans."""
        return self.deployment.stock

    @property
    def live(self) -> SeriesStore | None:
        """Market prices and emissions that were fetched."""
        return self.deployment.live
