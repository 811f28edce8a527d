"""Log in, go on, log out, and the keys that tokens are verified with."""

from typing import Annotated, Any

from fastapi import Form, Request, Response

from arena.chassis.http.door import WriteUnitOfWork
from arena.chassis.http.jwks import to_jwks
from arena.chassis.http.problem_response import problem_response
from arena.chassis.http.problems import ProblemBook
from arena.chassis.http.route import Router
from arena.identity.api.door import PREFIX, IdentityDep, NotStored, SignIn
from arena.identity.domain.errors import InvalidGrant
from arena.identity.schemas import JwksOut, RevocationForm, TokenOut

router = Router(PREFIX, tags=["identity"])
INVALID_GRANT = ProblemBook({InvalidGrant.slug: 400}).problem_of(InvalidGrant())


@router.post("/token", summary="Log in, or go on with a refresh token", dependencies=[NotStored], response_model=TokenOut)
async def token(request: Request, sign_in: SignIn, uow: WriteUnitOfWork, identity: IdentityDep) -> TokenOut | Response:
    """OAuth 2 password and refresh_token grants (RFC 6749)."""
    if not isinstance(sign_in, str):
        return TokenOut.from_domain(await identity.sessions.open(uow, sign_in))
    grant = await identity.sessions.refresh(uow, sign_in)
    return _invalid_grant(request) if grant is None else TokenOut.from_domain(grant)


@router.post("/token/revoke", status_code=204, summary="Log out", dependencies=[NotStored])
async def revoke(form: Annotated[RevocationForm, Form()], uow: WriteUnitOfWork, identity: IdentityDep) -> None:
    """End the session of a refresh token (RFC 7009); one that is no good any more is fine."""
    await identity.sessions.revoke(uow, form.token.get_secret_value())


@router.get("/jwks.json", summary="Public keys", response_model=JwksOut)
@router.get("/.well-known/jwks.json", include_in_schema=False)
async def jwks(identity: IdentityDep, response: Response) -> dict[str, Any]:
    """The keys that access tokens are verified with (RFC 7517)."""
    response.headers["cache-control"] = "public, max-age=300"
    return to_jwks(identity.keys.public)


def _invalid_grant(request: Request) -> Response:
    """Answered, not raised: a token used twice has ended its session, and that is to be committed."""
    answer = problem_response(INVALID_GRANT, request)
    answer.headers["cache-control"] = "no-store"
    return answer
