"""Events of `identity.user`, keyed by user."""

from dataclasses import dataclass

from arena.contracts.ids import UserId


@dataclass(frozen=True, slots=True)
class UserRegistered:
    """Somebody has an account."""

    user_id: UserId


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """The display name or locale changed; ask identity for what it is now."""

    user_id: UserId


@dataclass(frozen=True, slots=True)
class UserErased:
    """The person asked to be forgotten: owners of rows about them delete those rows."""

    user_id: UserId
