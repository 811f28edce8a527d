"""What resources send, and what they are told."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from arena.battles.domain.battle import Battle
from arena.battles.domain.declaring import Declaration, Resource
from arena.battles.schemas.answers import ResourceOut
from arena.battles.schemas.requests import BattleIn
from arena.battles.storage.declarations import HeldDeclaration
from arena.chassis.http.fields import Body
from arena.contracts.battle_spec import CancelReason, Phase

MOST_PLAYERS = 1000
"""How many a resource may invite by name."""
_Growing = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
_Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", max_length=253)]
Email = Annotated[str, StringConstraints(min_length=1, max_length=320)]
_FENCE = "Grows with each leader of the operator: what an older one still sends is refused."


class ResourceIn(Body):
    """The resource that declares a battle, as people know it."""

    kind: Literal["Battle"]
    namespace: _Word
    name: _Word

    def to_domain(self) -> Resource:
        """As the domain knows it."""
        return Resource(self.kind, self.namespace, self.name)


class DeclarationIn(BattleIn):
    """The battle that a resource wants, whole: what is left out is as in a new battle."""

    resource: ResourceIn
    generation: _Growing = Field(description="Of the resource: an older one than was taken before is refused.")
    fence: _Growing = Field(description=_FENCE)
    players: list[Email] = Field(
        default=[], max_length=MOST_PLAYERS, description="E-mail addresses of those to invite, who accept by joining; kept nowhere."
    )
    protect: bool = Field(default=False, description="Whether what serves the battle must not be disturbed while it runs.")
    adopt: UUID | None = Field(None, description="A battle that is there and is to be declared from now on; it keeps its owner.")

    def declaration(self, uid: str) -> Declaration:
        """As the domain knows it, but for the battle."""
        return Declaration(uid, self.resource.to_domain(), self.generation, self.fence, self.protect)


class WithdrawalIn(Body):
    """A resource gives its battle up."""

    fence: _Growing = Field(description=_FENCE)
    cancel: bool = Field(default=False, description="Whether the battle is called off; otherwise it goes on undeclared.")


class TimetableOut(BaseModel):
    """The window in UTC."""

    start: datetime
    end: datetime
    grace_ends: datetime
    audit_ends: datetime
    tzdata: str = Field(description="Release of the IANA database it was resolved with.")

    @classmethod
    def from_domain(cls, battle: Battle) -> "TimetableOut":
        """As the API words it."""
        table = battle.timetable
        return cls(start=table.start, end=table.end, grace_ends=table.grace_ends, audit_ends=table.audit_ends, tzdata=table.tzdata)


class DeclarationOut(BaseModel):
    """What a resource declares, and how its battle stands."""

    uid: str
    resource: ResourceOut
    generation: int
    protect: bool
    battle_id: UUID
    phase: Phase
    window: TimetableOut
    joined: int = Field(description="How many take part now.")
    invited: int = Field(description="How many are invited by name and have neither joined nor declined.")
    cancelled_for: CancelReason | None
    result_hash: str | None

    @classmethod
    def from_domain(cls, held: HeldDeclaration) -> "DeclarationOut":
        """As the API words it."""
        declaration, battle = held.declaration, held.battle
        return cls(
            uid=declaration.uid,
            resource=ResourceOut.from_domain(declaration.resource),
            generation=declaration.generation,
            protect=declaration.protect,
            battle_id=battle.id,
            phase=battle.phase,
            window=TimetableOut.from_domain(battle),
            joined=battle.joined,
            invited=held.invited,
            cancelled_for=battle.cancelled_for,
            result_hash=battle.result_hash,
        )
