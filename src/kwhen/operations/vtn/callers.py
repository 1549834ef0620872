"""Who asks the OpenADR server, and what they see."""

from dataclasses import dataclass

from kwhen.operations.vtn.clients import role_of
from kwhen.operations.work import Work
from kwhen.records import Credential, Environment, Sight, Tenant, VtnRole, VtnVersion
from kwhen.storage import vtn

NOBODY = Tenant("", Environment.SANDBOX)  # whose rows there are none of
NO_CLIENT = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VtnCaller:
    """A client with its token, or a stranger; and the edition that they speak."""

    credential: Credential | None
    version: VtnVersion

    @property
    def tenant(self) -> Tenant:
        """Whose objects they ask for."""
        return self.credential.tenant if self.credential else NOBODY

    @property
    def client_id(self) -> str:
        """The OAuth client."""
        found = self.credential.parent_id if self.credential else None
        return found or NO_CLIENT

    @property
    def is_bl(self) -> bool:
        """Whether it is business logic, which sees everything of its tenant."""
        return self.credential is not None and role_of(self.credential) is VtnRole.BL

    def sight(self, work: Work) -> Sight | None:
        """What they see; None: all that is their tenant's."""
        if self.is_bl:
            return None
        return Sight(self.client_id, vtn.granted(work.session, work.tenant, self.client_id))
