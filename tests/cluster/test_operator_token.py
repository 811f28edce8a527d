"""The operator's token from a real API server, verified as a service does: keys by discovery, asked for with the service's own token."""

from pathlib import Path

import pytest

from arena.chassis.core.errors import NotAuthenticated
from arena.chassis.core.settings import Settings
from arena.chassis.http.federation import WorkloadVerifier, workloads_of
from tests.cluster.bed.cluster import Cluster


def verifier_of(cluster: Cluster, namespace: str, token_file: Path | None) -> WorkloadVerifier:
    """The verifier of a service whose operator is the namespace's account `operator`."""
    settings = Settings(
        platform_issuer=cluster.plane.issuer,
        platform_subjects=f"system:serviceaccount:{namespace}:operator",
        platform_ca=cluster.plane.ca_file,
        platform_jwks_token_file=token_file,
    )
    verifier = workloads_of(settings)
    assert verifier is not None
    return verifier


@pytest.fixture
def token_file(cluster: Cluster, namespace: str, tmp_path: Path) -> Path:
    """The token of the service itself, as its pod has it mounted."""
    file = tmp_path / "token"
    file.write_text(cluster.token(namespace, "default", cluster.plane.issuer))
    return file


async def test_the_token_of_the_operators_account_speaks_for_the_platform_and_no_other(
    cluster: Cluster, namespace: str, token_file: Path
) -> None:
    cluster.kubectl("create", "serviceaccount", "operator", "-n", namespace)
    verifier = verifier_of(cluster, namespace, token_file)
    good = cluster.token(namespace, "operator", "habitarena")
    assert verifier.issued(good)
    await verifier.verify(good)
    with pytest.raises(NotAuthenticated, match="audience habitarena"):
        await verifier.verify(cluster.token(namespace, "operator", cluster.plane.issuer))
    with pytest.raises(NotAuthenticated, match=f"system:serviceaccount:{namespace}:default, which ARENA_PLATFORM_SUBJECTS"):
        await verifier.verify(cluster.token(namespace, "default", "habitarena"))


async def test_an_api_server_that_shows_its_keys_to_nobody_unknown_needs_the_services_token(cluster: Cluster, namespace: str) -> None:
    verifier = verifier_of(cluster, namespace, None)
    with pytest.raises(NotAuthenticated, match="cannot be fetched now"):
        await verifier.verify(cluster.token(namespace, "default", "habitarena"))
