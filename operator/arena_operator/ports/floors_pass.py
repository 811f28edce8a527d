"""One pass over what serves all battles of a namespace: look, decide, write what is missing.

Woken by the key of the namespace (`floors` says by what); the same pass again writes nothing.
"""

from datetime import datetime

from arena_operator.ports.namespace import NamespacePort
from arena_operator.reconcile.floors import floors


async def reconcile_floors(port: NamespacePort, namespace: str, now: datetime) -> datetime | None:
    """Make floors and budgets be what the battles of this moment need; answers when time alone may change them.

    Raises Moved when something was changed meanwhile, and whatever else the port raises: the caller tries again.
    """
    decided = floors(await port.demands(namespace), await port.serving(namespace), now)
    for patch in decided.patches:
        await port.patch(namespace, patch)
    for removal in decided.removes:
        await port.remove(namespace, removal.kind, removal.name)
    return decided.look_again_at
