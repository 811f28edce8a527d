"""Tokens that the cluster issues to its workloads (projected ServiceAccount tokens, RFC 7519): who presents a good one is the platform."""

from collections.abc import Iterable
from typing import Any, Final

import jwt
from jwt.types import Options

from arena.chassis.core.errors import NotAuthenticated
from arena.chassis.core.settings import Settings
from arena.chassis.http.issuer_documents import IssuerDocuments
from arena.chassis.http.issuer_keys import IssuerKeys, KeysUnavailable, VerifyingKey

AUDIENCE: Final = "habitarena"
"""What the token must have been asked for; a token for the Kubernetes API itself is not taken."""
LEEWAY: Final = 10.0
"""Seconds that the issuer's clock may differ from ours."""
_OPTIONS: Final[Options] = {"require": ["iss", "aud", "sub", "exp"]}
_UNREADABLE: Final = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)


class WorkloadVerifier:
    """Verifies workload tokens of one issuer; a token is good for the subjects named and nobody else."""

    def __init__(self, issuer: str, subjects: Iterable[str], keys: IssuerKeys) -> None:
        self._issuer = issuer
        self._subjects = frozenset(subjects)
        self._keys = keys

    def issued(self, raw: str) -> bool:
        """Whether the token says that this issuer made it; nothing is proved by that."""
        try:
            return bool(jwt.decode(raw, options={"verify_signature": False}).get("iss") == self._issuer)
        except _UNREADABLE:
            return False

    async def verify(self, raw: str) -> None:
        """Pass over a good token.

        Raises:
            NotAuthenticated: it is not; the sentence says what is wrong with it.
        """
        subject = self._claims(raw, await self._key_of(raw))["sub"]
        if subject not in self._subjects:
            raise NotAuthenticated(f"The workload token is of {subject}, which ARENA_PLATFORM_SUBJECTS does not name.")

    async def _key_of(self, raw: str) -> VerifyingKey:
        try:
            kid = jwt.get_unverified_header(raw).get("kid")
            key = await self._keys.key(kid) if isinstance(kid, str) else None
        except KeysUnavailable:
            raise NotAuthenticated("The workload token cannot be verified: the keys of its issuer cannot be fetched now.") from None
        except _UNREADABLE:
            raise NotAuthenticated("The workload token is not valid.") from None
        if key is None:
            raise NotAuthenticated("The workload token is signed with a key that its issuer does not publish.")
        return key

    def _claims(self, raw: str, key: VerifyingKey) -> dict[str, Any]:
        try:
            return jwt.decode(
                raw,
                key.public,
                algorithms=[key.algorithm],
                audience=AUDIENCE,
                issuer=self._issuer,
                leeway=LEEWAY,
                options=_OPTIONS,
            )
        except _UNREADABLE as wrong:
            raise NotAuthenticated(_sentence(wrong)) from None


def _sentence(wrong: Exception) -> str:
    match wrong:
        case jwt.ExpiredSignatureError():
            return "The workload token has expired; present the one that has been renewed meanwhile."
        case jwt.ImmatureSignatureError():
            return "The workload token is not valid yet: the clocks of its issuer and of this service differ."
        case jwt.InvalidAudienceError():
            return f"The workload token is for another audience; ask for one with the audience {AUDIENCE}."
        case jwt.MissingRequiredClaimError():
            return f"The workload token lacks the claim {wrong.claim}."
        case jwt.InvalidAlgorithmError():
            return "The workload token is signed by an algorithm that its key is not for; RS256 and ES256 are taken."
        case _:
            return "The workload token is not valid."


def workloads_of(settings: Settings) -> WorkloadVerifier | None:
    """The verifier that the settings ask for; None where the platform has no issuer."""
    issuer = settings.platform_issuer
    if issuer is None or settings.platform_subjects is None:
        return None
    documents = IssuerDocuments(issuer, settings.platform_jwks, settings.platform_ca, settings.platform_jwks_token_file)
    return WorkloadVerifier(issuer, settings.platform_subjects.split(","), IssuerKeys(documents.fetch))
