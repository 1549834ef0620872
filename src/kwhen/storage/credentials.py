"""Keys and tokens: found by the keyed hash of their secret."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import RowMapping, bindparam, delete, select, text, update
from sqlalchemy.orm import Session

from kwhen.errors import UnknownId
from kwhen.records import Credential, CredentialKind, Environment, Scope, Tenant, VtnScope
from kwhen.storage.prepared import Direct, Prepared
from kwhen.storage.tables import CredentialRow, milliseconds

_VTN_WORDS = frozenset(VtnScope)
SCOPES_KEPT_COUNT = 256  # sets of them, which most credentials share
CREDENTIALS_KEPT_COUNT = 1024
_TABLE = CredentialRow.__table__
_BY_HASH = Prepared(
    select(*(column for column in _TABLE.columns if column.name != "request")).where(
        CredentialRow.secret_hash == bindparam("secret_hash")
    )
)
_TOUCH = Prepared(text("UPDATE credential SET last_used_at = :now_ms WHERE id = :id"))


def add_credential(
    session: Session,
    tenant: Tenant,
    credential: Credential,
    secret_hash: str,
    request: Mapping[str, Any] | None = None,
) -> None:
    """Store a new credential; `request` is what a program said when it asked for it."""
    session.add(
        CredentialRow(
            id=credential.id,
            org_id=tenant.org_id,
            environment=tenant.environment,
            kind=credential.kind,
            name=credential.name,
            prefix=credential.prefix,
            secret_hash=secret_hash,
            scopes=" ".join(sorted(credential.scopes)),
            created_at=credential.created_at,
            expires_at=credential.expires_at,
            user_id=credential.user_id,
            parent_id=credential.parent_id,
            request=None if request is None else dict(request),
        )
    )


def find_by_hash(gate: Direct, secret_hash: str) -> tuple[Credential, str] | None:
    """The credential whose secret has that keyed hash, and the hash as it is stored."""
    row = _BY_HASH.row(gate, {"secret_hash": secret_hash})
    return None if row is None else _known(row, gate.dialect.name)


@lru_cache(maxsize=CREDENTIALS_KEPT_COUNT)
def _known(row: tuple[Any, ...], dialect_name: str) -> tuple[Credential, str]:
    """A row as the driver gave it: as long as it stays the same, its credential does."""
    found = _BY_HASH.named(row, dialect_name)
    return _credential(found), found["secret_hash"]


def touch(gate: Direct, credential_id: str, now: datetime) -> None:
    """Remember that a credential was used."""
    _TOUCH.run(gate, {"id": credential_id, "now_ms": milliseconds(now)})


def credentials(session: Session, tenant: Tenant) -> list[Credential]:
    """The credentials of a tenant, newest last; revoked and expired ones too."""
    rows = session.execute(
        select(_TABLE)
        .where(
            CredentialRow.org_id == tenant.org_id,
            CredentialRow.environment == tenant.environment,
        )
        .order_by(CredentialRow.created_at, CredentialRow.id)
    )
    return [_credential(row) for row in rows.mappings()]


def find_credential(session: Session, tenant: Tenant, credential_id: str) -> Credential:
    """A tenant's credential.

    Raises
    ------
    UnknownId
    """
    rows = session.execute(
        select(_TABLE).where(
            CredentialRow.id == credential_id,
            CredentialRow.org_id == tenant.org_id,
            CredentialRow.environment == tenant.environment,
        )
    )
    row = rows.mappings().first()
    if row is None:
        raise UnknownId(f"there is no credential {credential_id}; `kwhen keys list` shows them")
    return _credential(row)


def revoke(session: Session, tenant: Tenant, credential_id: str, now: datetime) -> Credential:
    """End a tenant's credential and the sessions minted from it; again changes nothing.

    Raises
    ------
    UnknownId
    """
    find_credential(session, tenant, credential_id)
    session.execute(
        update(CredentialRow)
        .where(
            (CredentialRow.id == credential_id) | (CredentialRow.parent_id == credential_id),
            CredentialRow.org_id == tenant.org_id,
            CredentialRow.environment == tenant.environment,
            CredentialRow.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    return find_credential(session, tenant, credential_id)


def forget_every_expired(
    session: Session, kinds: Iterable[CredentialKind], moment: datetime
) -> None:
    """Delete the credentials of some kinds, of all tenants, that ended before a moment."""
    session.execute(
        delete(CredentialRow).where(
            CredentialRow.kind.in_(list(kinds)), CredentialRow.expires_at < moment
        )
    )


def _credential(row: RowMapping | Mapping[str, Any]) -> Credential:
    return Credential(
        id=row["id"],
        tenant=Tenant(row["org_id"], Environment(row["environment"])),
        kind=CredentialKind(row["kind"]),
        name=row["name"],
        prefix=row["prefix"],
        scopes=_scopes(row["scopes"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
        user_id=row["user_id"],
        parent_id=row["parent_id"],
    )


@lru_cache(maxsize=SCOPES_KEPT_COUNT)
def _scopes(words: str) -> frozenset[Scope | VtnScope]:
    return frozenset(map(_scope, words.split()))


def _scope(word: str) -> Scope | VtnScope:
    return VtnScope(word) if word in _VTN_WORDS else Scope(word)
