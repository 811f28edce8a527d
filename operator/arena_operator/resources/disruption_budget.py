"""The PodDisruptionBudget of a `live` that serves one battle."""

from typing import Any

from arena_operator.resources.manifest import fingerprinted
from arena_operator.resources.naming import DEDICATED, Owner, dedicated_name, metadata


def disruption_budget(owner: Owner, *, protected: bool) -> dict[str, Any]:
    """One pod at a time may be evicted, none while the battle is protected; pods that are not ready always may."""
    return fingerprinted(
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": metadata(owner, dedicated_name(owner), DEDICATED),
            "spec": {
                "maxUnavailable": 0 if protected else 1,
                "selector": {"matchLabels": owner.identity},
                "unhealthyPodEvictionPolicy": "AlwaysAllow",
            },
        }
    )
