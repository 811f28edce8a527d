"""Where an issuer's key set lies: in a file, at an address, or wherever its discovery document says (OpenID Connect Discovery 1.0)."""

import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from arena.chassis.core.errors import UpstreamUnavailable
from arena.chassis.core.resilience import Deadline
from arena.chassis.core.settings import is_safe_address
from arena.chassis.http.issuer_keys import KeysUnavailable
from arena.chassis.http.outbound import Outbound

_OK: Final = 200
_UNAUTHORIZED: Final = (401, 403)
_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class IssuerDocuments:
    """Fetches the key set of an issuer.

    Args:
        issuer: its `iss`, an https:// address.
        where: the key set's address or file; None asks the issuer's discovery document for the address.
        ca: certificates to trust instead of the public ones.
        token_file: bearer token to ask with; read anew each time, as it is renewed in place.
    """

    issuer: str
    where: str | None = None
    ca: Path | None = None
    token_file: Path | None = None

    async def fetch(self) -> Any:
        """The key set as it was published.

        Raises:
            KeysUnavailable.
        """
        try:
            if self.where is not None and "://" not in self.where:
                return json.loads(_content(Path(self.where)))
            return await self._fetch_over_http()
        except (OSError, ValueError, RecursionError, httpx.InvalidURL, UpstreamUnavailable) as trouble:
            raise KeysUnavailable(str(trouble) or type(trouble).__name__) from trouble

    async def _fetch_over_http(self) -> Any:
        # A client a fetch: they are minutes apart, and certificates and token may have been renewed meanwhile.
        context = ssl.create_default_context(cafile=self.ca) if self.ca else True
        client = Outbound(self.where or self.issuer, transport=httpx.AsyncHTTPTransport(verify=context))
        deadline = Deadline.after(_SECONDS)
        try:
            return await self._get(client, self.where or await self._discover(client, deadline), deadline)
        finally:
            await client.aclose()

    async def _discover(self, client: Outbound, deadline: Deadline) -> str:
        document = await self._get(client, f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", deadline)
        if not isinstance(document, dict) or document.get("issuer") != self.issuer:
            raise KeysUnavailable("the discovery document is of another issuer; set ARENA_PLATFORM_JWKS")
        address = document.get("jwks_uri")
        if not isinstance(address, str) or not is_safe_address(address):
            raise KeysUnavailable("the discovery document has no https:// address in jwks_uri; set ARENA_PLATFORM_JWKS")
        return address

    async def _get(self, client: Outbound, address: str, deadline: Deadline) -> Any:
        headers = {"authorization": f"Bearer {_content(self.token_file).strip()}"} if self.token_file else {}
        answer = await client.request("GET", address, deadline=deadline, headers=headers)
        if answer.status_code in _UNAUTHORIZED:
            raise KeysUnavailable(f"{address} answered {answer.status_code}; ARENA_PLATFORM_JWKS_TOKEN_FILE names the token to ask with")
        if answer.status_code != _OK:
            raise KeysUnavailable(f"{address} answered {answer.status_code}")
        return answer.json()


def _content(file: Path) -> str:
    return file.read_text("utf-8")
