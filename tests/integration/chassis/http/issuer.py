"""An issuer of workload tokens as a cluster is one: signs them, and publishes its keys by a real HTTP(S) server."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

ISSUER = "https://kubernetes.default.svc"
OPERATOR = "system:serviceaccount:arena:arena-operator"
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def jwk(kid: str, key: Key, **changes: Any) -> dict[str, Any]:
    """The public half as it is published."""
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        document = jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
    else:
        document = jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True)
    return {**document, "kid": kid, "use": "sig", **changes}


def algorithm_of(key: Key) -> str:
    return "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"


@dataclass
class Issuer:
    """Keys by id, of which the last signs; what the server answers can be changed while it runs."""

    keys: dict[str, Key] = field(default_factory=lambda: {"one": ec_key()})
    name: str = ISSUER
    published: Any = None
    """Another body for /openid/v1/jwks than the keys."""
    discovery: Any = None
    """Another body for the discovery document."""
    wanted_token: str | None = None
    away: bool = False
    slow: float = 0.0
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def token(self, *, key: Key | None = None, headers: dict[str, Any] | None = None, algorithm: str | None = None, **claims: Any) -> str:
        """A token of the operator; `claims` change it, None takes one out."""
        kid = list(self.keys)[-1]
        signer = key or self.keys[kid]
        now = int(datetime.now(UTC).timestamp())
        said = {"iss": self.name, "aud": ["habitarena"], "sub": OPERATOR, "iat": now, "nbf": now, "exp": now + 3600} | claims
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(said, signer, algorithm=algorithm or algorithm_of(signer), headers={"kid": kid} | (headers or {}))

    def answer(self, path: str, authorization: str | None) -> tuple[int, Any]:
        self.asked.append(path)
        if self.slow:
            threading.Event().wait(self.slow)
        if self.away:
            return 500, {}
        if self.wanted_token is not None and authorization != f"Bearer {self.wanted_token}":
            return 403, {}
        if path.endswith("/.well-known/openid-configuration"):
            return 200, self.discovery or {"issuer": self.name, "jwks_uri": f"{self.url}/openid/v1/jwks"}
        if path == "/openid/v1/jwks":
            return 200, self.published if self.published is not None else {"keys": [jwk(kid, key) for kid, key in self.keys.items()]}
        return 404, {}


@contextmanager
def serving(issuer: Issuer, certificate: Path | None = None) -> Iterator[Issuer]:
    """The issuer on a port of its own; with a certificate (and its key in the same file) over HTTPS."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = issuer.answer(self.path, self.headers.get("authorization"))
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    issuer.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that vouches for itself: the file of the server, and the one to trust."""
    key: CertificateIssuerPrivateKeyTypes = ec_key()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "issuer of a test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, server = folder / "ca.crt", folder / "server.pem"
    trusted.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    server.write_bytes(plain + trusted.read_bytes())
    return server, trusted
