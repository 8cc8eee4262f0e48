"""Says who sends a push: a token signed with the company's own key (VAPID, RFC 8292).

In: the key, the address of a push service, the moment. Out: the Authorization header. The key is
P-256, given as PEM or as the 32 bytes of it in base64url, which is how most tools write it.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta

import httpx
import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

VALID_FOR = timedelta(hours=12)
"""RFC 8292 section 2 allows a day; half of it forgives clocks that are apart."""

_HEADER = {"typ": "JWT", "alg": "ES256"}


def read_key(text: str) -> ec.EllipticCurvePrivateKey:
    """Return the private key in a text; raise `ValueError` when it holds none."""
    if "-----BEGIN" in text:
        found = serialization.load_pem_private_key(text.encode(), password=None)
        if not isinstance(found, ec.EllipticCurvePrivateKey) or found.curve.name != "secp256r1":
            raise ValueError("it is no P-256 key")
        return found
    raw = from_base64url(text)
    if len(raw) != 32:
        raise ValueError(f"it has {len(raw)} bytes, not 32")
    return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())


def public_key(key: ec.EllipticCurvePrivateKey) -> str:
    """Return the public half as browsers take it (`applicationServerKey`)."""
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return to_base64url(point)


def authorization(
    key: ec.EllipticCurvePrivateKey, endpoint: str, contact: str, now: datetime
) -> str:
    """Return the header by which the push service at `endpoint` knows the sender."""
    url = httpx.URL(endpoint)
    claims = {
        "aud": f"{url.scheme}://{url.netloc.decode('ascii')}",
        "exp": int((now + VALID_FOR).timestamp()),
        "sub": contact,
    }
    signed = ".".join(to_base64url(msgspec.json.encode(part)) for part in (_HEADER, claims))
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = to_base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature},k={public_key(key)}"


def to_base64url(data: bytes) -> str:
    """Return bytes as base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Return the bytes of base64url, padded or not; raise `ValueError` for anything else."""
    try:
        standard = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(f"it is no base64url: {error}") from error
