"""What an operation is given: whose work it is, when, in which transaction and on which facts."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from kwhen.catalog.live.store import SeriesStore
from kwhen.catalog.stock import Stock
from kwhen.records import Tenant

if TYPE_CHECKING:
    from kwhen.operations.deployment import Deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One request or job of one tenant. Operations never commit: whoever opened it does."""

    session: Session
    tenant: Tenant
    now: datetime
    deployment: "Deployment"

    @property
    def stock(self) -> Stock:
        """Shipped and imported plans."""
        return self.deployment.stock

    @property
    def live(self) -> SeriesStore | None:
        """Market prices and emissions that were fetched."""
        return self.deployment.live
