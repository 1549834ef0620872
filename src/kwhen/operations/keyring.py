"""The deployment's secret, and the secrets of credentials that it keys.

A credential reads `wsk_<kind>_<32 letters and digits><6 of checksum>`. The checksum refuses typing
errors without a look into the database; the database holds a keyed hash alone.
"""

import base64
import hashlib
import hmac
import os
import secrets
import string
from functools import cached_property
from pathlib import Path
from typing import Any
from zlib import crc32

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kwhen.errors import SettingError
from kwhen.records import CredentialKind
from kwhen.settings import Settings

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
PAIRS = tuple(a + b for a in BASE62 for b in BASE62)  # of its digits
RANDOM_COUNT, CHECKSUM_COUNT = 32, 6
SHOWN_COUNT = 4  # random characters of a secret that its prefix shows
LEAST_SECRET_COUNT = 32
FILE = "secret"
_KINDS = frozenset(CredentialKind)


class Keyring:
    """What the deployment's secret is used for; it never shows it."""

    def __init__(self, secret: str) -> None:
        if len(secret) < LEAST_SECRET_COUNT:
            raise SettingError(
                f"KWHEN_SECRET has {len(secret)} characters; give at least {LEAST_SECRET_COUNT}, "
                "such as the output of `openssl rand -hex 32`"
            )
        self._key = hashlib.sha256(secret.encode()).digest()
        self._keyed = hmac.new(self._key, digestmod=_sha256)

    def hash_of(self, text: str) -> str:
        """The keyed hash under which a credential's secret is stored: 64 hex digits."""
        keyed = self._keyed.copy()
        keyed.update(text.encode())
        return keyed.hexdigest()

    def seal(self, text: str) -> str:
        """A text that has to be read again, encrypted."""
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """What was sealed.

        Raises
        ------
        SettingError
            It was sealed under another secret.
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SettingError(
                "a stored secret was sealed under another KWHEN_SECRET, or changed since"
            ) from error

    def key_for(self, purpose: str) -> bytes:
        """A key of its own for a purpose, such as the signing of cookies."""
        return HKDF(SHA256(), length=32, salt=None, info=f"kwhen {purpose}".encode()).derive(
            self._key
        )

    @cached_property
    def _fernet(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self.key_for("sealed texts")))

    @property
    def proof(self) -> str:
        """What tells this secret from another one without showing it."""
        return self.hash_of("the secret of this deployment")


def read_keyring(secret: str | None, folder: Path) -> Keyring:
    """The keyring of a deployment: of its setting, else of a file, made at the first start.

    Raises
    ------
    SettingError
    """
    if secret is not None:
        return Keyring(secret)
    file = folder.expanduser() / FILE
    file.parent.mkdir(0o700, parents=True, exist_ok=True)
    if not file.exists():
        _make(file)
    return Keyring(file.read_text().strip())


def _make(file: Path) -> None:
    """Put a fresh secret into a file, whole at once; one of another process stays."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    try:
        with open(draft, "x", opener=for_the_owner_alone) as written:
            written.write(secrets.token_hex(32) + "\n")
        os.link(draft, file)
    except OSError:  # another process was first, or the disk knows no links
        if not file.exists():
            draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def held_keyring(settings: Settings) -> Keyring | None:
    """The keyring of a deployment as it is, None where its secret is yet to be made.

    Raises
    ------
    SettingError
    """
    if settings.secret is not None:
        return Keyring(settings.secret.get_secret_value())
    file = settings.data.expanduser() / FILE
    return Keyring(file.read_text().strip()) if file.exists() else None


def for_the_owner_alone(path: str, flags: int) -> int:
    """An opener of files that nobody else may read."""
    return os.open(path, flags, 0o600)


def new_secret(kind: CredentialKind) -> str:
    """A fresh secret for a credential."""
    random = "".join(secrets.choice(BASE62) for _ in range(RANDOM_COUNT))
    body = f"wsk_{kind}_{random}"
    return body + _checksum(body)


def is_well_formed(secret: str) -> bool:
    """Whether a text can be a secret of ours: its kind, its length and its checksum."""
    parts = secret.split("_")
    if len(parts) != 3 or parts[0] != "wsk" or parts[1] not in _KINDS:
        return False
    if len(parts[2]) != RANDOM_COUNT + CHECKSUM_COUNT or not parts[2].isascii():
        return False
    body, checksum = secret[:-CHECKSUM_COUNT], secret[-CHECKSUM_COUNT:]
    return hmac.compare_digest(_checksum(body), checksum)


def shown_prefix(secret: str) -> str:
    """The start of a secret, to tell keys apart in lists."""
    return secret[: secret.rindex("_") + 1 + SHOWN_COUNT]


def new_id(kind: str) -> str:
    """A fresh id, such as `ws_home_` and 32 hex digits."""
    return f"{kind}_{secrets.token_hex(16)}"


def _sha256(content: bytes = b"") -> Any:
    """For `hmac`, whose own code can begin where the key is in; OpenSSL's takes twice as long."""
    return hashlib.sha256(content)


def _checksum(body: str) -> str:
    rest, last = divmod(crc32(body.encode()), len(PAIRS))
    first, middle = divmod(rest, len(PAIRS))
    return PAIRS[first] + PAIRS[middle] + PAIRS[last]
