"""Listeners with TLS and passwords for the tests' broker, with certificates made on the spot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER = "arena"
PASSWORD = "correct horse battery"

_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"

_BEARER = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;"


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority that signs for `localhost`, and for clients."""

    folder: Path
    name: str = "authority"

    @property
    def certificate(self) -> Path:
        """What a client must trust."""
        return self.folder / f"{self.name}.crt"

    def make(self) -> "Authority":
        """Make its key and certificate, once."""
        if not self.certificate.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._sign(self.name, is_authority=True)
        return self

    def signed(self, name: str) -> tuple[Path, Path]:
        """The files of a certificate for `localhost` and of its key."""
        certificate, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        if not certificate.exists():
            self._sign(name, is_authority=False)
        return certificate, key

    def _sign(self, name: str, *, is_authority: bool) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, self.name)])
        now = datetime.now(UTC)
        built = (
            x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        )
        signer = key if is_authority else self._key()
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (self.folder / f"{name}.key").write_bytes(pem)
        (self.folder / f"{name}.crt").write_bytes(built.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def _key(self) -> ec.EllipticCurvePrivateKey:
        key = serialization.load_pem_private_key((self.folder / f"{self.name}.key").read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the authority's key is of another kind")
        return key


@dataclass(frozen=True, slots=True)
class Secured:
    """TLS (with client certificates), SASL without and with TLS; PLAIN and SCRAM know the users with `PASSWORD`.

    With `grants`, who signed in may do only what was granted; who comes by PLAINTEXT may do everything.
    """

    authority: Authority
    users: tuple[str, ...] = (USER,)
    grants: bool = False

    @property
    def listeners(self) -> Mapping[str, str]:
        """Each listener with its protocol."""
        return {"TLS": "SSL", "SASL": "SASL_PLAINTEXT", "SASL_TLS": "SASL_SSL"}

    def properties(self) -> dict[str, str]:
        """What server.properties says about them."""
        certificate, key = self.authority.make().signed("broker")
        chain = self.authority.folder / "broker.pem"
        chain.write_bytes(key.read_bytes() + certificate.read_bytes())
        found = {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(chain),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.authority.certificate),
            "listener.name.tls.ssl.client.auth": "required",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
        }
        if self.grants:
            found["authorizer.class.name"] = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
            found["super.users"] = "User:ANONYMOUS"
        known = " ".join(f'user_{user}="{PASSWORD}"' for user in self.users)
        for name in ("sasl", "sasl_tls"):
            found[f"listener.name.{name}.plain.sasl.jaas.config"] = f"{_PLAIN} {known};"
            found[f"listener.name.{name}.oauthbearer.sasl.jaas.config"] = _BEARER
            found[f"listener.name.{name}.scram-sha-256.sasl.jaas.config"] = _SCRAM
            found[f"listener.name.{name}.scram-sha-512.sasl.jaas.config"] = _SCRAM
        return found

    def introduce(self, admin: AdminClient) -> None:
        """Tell the broker the users of SCRAM."""
        for kind in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):  # a request may name a user once
            wanted: list[UserScramCredentialAlteration] = [
                UserScramCredentialUpsertion(user, ScramCredentialInfo(kind, 4096), PASSWORD.encode()) for user in self.users
            ]
            for done in admin.alter_user_scram_credentials(wanted).values():
                done.result(30)
