"""Certificates of a throw-away cluster: one authority and what it signs, elliptic keys because they are made in a millisecond."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=2)
SERVER_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)
SERVER_ADDRESSES = {"127.0.0.1", "10.96.0.1"}


class Authority:
    """A certificate authority over a folder: `ca.crt`, and `<name>.crt` with `<name>.key` for each that it signs.

    A server's certificate holds for loopback, for the API server's service, and for `address`.
    """

    def __init__(self, home: Path, address: str) -> None:
        self.home = home
        self.address = address
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test-ca")])
        begun = self._begun(self.name, self.key).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        built = begun.add_extension(signs_certificates(), critical=True).sign(self.key, hashes.SHA256())
        write(home / "ca.crt", built.public_bytes(serialization.Encoding.PEM))
        write(home / "ca.key", private(self.key))

    def sign(self, name: str, common_name: str, group: str | None = None, *, server: bool = False) -> None:
        """Make a key and a certificate; `group` is what the API server takes for the user's group."""
        key = ec.generate_private_key(ec.SECP256R1())
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
        attributes += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        built = self._begun(x509.Name(attributes), key).add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if server:
            names = [x509.DNSName(host) for host in SERVER_NAMES]
            addresses = [x509.IPAddress(ip_address(address)) for address in sorted(SERVER_ADDRESSES | {self.address})]
            built = built.add_extension(x509.SubjectAlternativeName([*names, *addresses]), critical=False)
        write(self.home / f"{name}.crt", built.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        write(self.home / f"{name}.key", private(key))

    def _begun(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - LIFE).not_valid_after(now + LIFE)
        # Python from 3.13 on believes no certificate without these two.
        own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return builder.add_extension(own, critical=False).add_extension(authority, critical=False)


def signs_certificates() -> x509.KeyUsage:
    """What an authority's key is for."""
    uses = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign")
    return x509.KeyUsage(key_cert_sign=True, encipher_only=False, decipher_only=False, **dict.fromkeys(uses, False))


def signing_key(path: Path) -> None:
    """The key with which the API server signs the tokens of ServiceAccounts."""
    write(path, private(ec.generate_private_key(ec.SECP256R1())))


def private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())


def write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
