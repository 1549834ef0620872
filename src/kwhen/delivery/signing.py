"""What every delivery carries in its headers: the shared key, and Standard Webhooks' signature.

The signature is of the content as JSON, before compression. A security key that reads
`whsec_<base64>` stands for the bytes it encodes; any other stands for its own.
"""

import base64
import binascii
from datetime import datetime

from standardwebhooks import Webhook

PREFIX = "whsec_"


def secret_bytes(security_key: str) -> bytes:
    """The bytes that a security key signs with."""
    if security_key.startswith(PREFIX):
        try:
            return base64.b64decode(security_key.removeprefix(PREFIX), validate=True) or b"\0"
        except binascii.Error:
            return security_key.encode()
    return security_key.encode()


def signed_headers(
    security_key: str, delivery_id: str, content: bytes, at: datetime
) -> dict[str, str]:
    """The headers that prove who sends."""
    signer = Webhook(secret_bytes(security_key))
    return {
        "x-ws-security-key": security_key,
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signer.sign(delivery_id, at, content.decode()),
    }
