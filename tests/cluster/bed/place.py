"""Where the programs of a test cluster run, and at which address they are found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """An address of the control plane; `enter` is put before a command so that it runs there.

    `issuer` is what the cluster's tokens say they are from; none: the API server's own address, where a test can ask for the keys.
    """

    address: str = "127.0.0.1"
    enter: tuple[str, ...] = ()
    issuer: str | None = None

    @property
    def has_pods(self) -> bool:
        """Whether there is more than loopback, so that pods find the API server and a kubelet tells how its node is."""
        return bool(self.enter)


LOOPBACK = Place()
"""Beside the tests."""
