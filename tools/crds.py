"""Generates what `charts/arena-crds` installs: the custom resource definitions and the policy that goes with them."""

from typing import Any

import yaml

from arena_operator.crd.definitions import BATTLE, SERIES, definition, deletion_policy

HEAD = "# Generated from operator/arena_operator/crd by `make generate`; edit the types there, not this file.\n"


def battles() -> str:
    """The definition of Battle."""
    return _text(_kept(definition(BATTLE)))


def series() -> str:
    """The definition of BattleSeries."""
    return _text(_kept(definition(SERIES)))


def policy() -> str:
    """The policy that keeps battles under way from being deleted by accident."""
    return _text(*deletion_policy())


def _kept(manifest: dict[str, Any]) -> dict[str, Any]:
    """The same, kept when the chart is uninstalled: with a definition, all its resources would go."""
    about = manifest["metadata"] | {"annotations": {"helm.sh/resource-policy": "keep"}}
    return manifest | {"metadata": about}


def _text(*manifests: dict[str, Any]) -> str:
    """YAML in ASCII: what turns the direction of a text around is named, not shown."""
    return HEAD + yaml.dump_all(manifests, Dumper=_Plain, sort_keys=False, allow_unicode=False, width=140)


class _Plain(yaml.SafeDumper):
    """Writes everything out: no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the base class asks
        """No object is an alias of another."""
        return True
