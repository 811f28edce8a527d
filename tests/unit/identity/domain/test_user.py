"""Users, roles and invitations."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from arena.contracts.ids import UserId
from arena.identity.domain.errors import DisplayNameInvalid, LocaleInvalid, RoleUnknown
from arena.identity.domain.invite import Invite
from arena.identity.domain.session import digest_of
from arena.identity.domain.user import Role, check_candidate, check_roles

NOW = datetime(2026, 11, 21, tzinfo=UTC)
USER = check_candidate("Ada@Example.org", "long enough", " Ada ").user(UserId(UUID(int=1)), frozenset({Role.USER}), NOW)


def test_a_candidate_becomes_a_user_in_the_form_that_is_kept() -> None:
    assert (USER.email, USER.display_name, USER.locale, USER.created_at) == ("ada@example.org", "Ada", "en", NOW)


def test_an_edit_changes_what_is_given() -> None:
    assert USER.edit() == USER
    assert USER.edit(display_name="Bea").display_name == "Bea"
    assert USER.edit(locale="DE").locale == "de"
    assert USER.edit(locale="DE").display_name == "Ada"
    assert not USER.share_name
    assert USER.edit(share_name=True).edit(display_name="Bea").share_name
    assert not USER.edit(share_name=True).edit(share_name=False).share_name
    with pytest.raises(DisplayNameInvalid):
        USER.edit(display_name="")
    with pytest.raises(LocaleInvalid):
        USER.edit(locale="")


def test_everybody_is_a_user() -> None:
    assert check_roles([]) == {Role.USER}
    assert check_roles(["admin", "admin"]) == {Role.USER, Role.ADMIN}


def test_an_unknown_role_is_named() -> None:
    with pytest.raises(RoleUnknown, match="king, queen is not a role; the roles are user, arbiter, admin"):
        check_roles(["queen", "user", "king"])


def test_an_invitation_is_good_for_a_week_unless_told_otherwise() -> None:
    assert Invite.make(UUID(int=2), b"t", None, NOW).expires_at == NOW + timedelta(days=7)
    made = Invite.make(UUID(int=2), b"t", USER.id, NOW, timedelta(hours=1))
    assert (made.expires_at, made.created_by, made.digest) == (NOW + timedelta(hours=1), USER.id, digest_of(b"t"))
