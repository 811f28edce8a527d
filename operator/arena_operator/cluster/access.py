"""How to reach the API server and as whom: the ServiceAccount of the pod, or a kubeconfig."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_NAMESPACE_FILE: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class NoAccess(Exception):
    """Neither a ServiceAccount nor a kubeconfig was found; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Access:
    """Address, certificates, and the token as it stands now (ServiceAccount tokens are renewed every hour; exec plugins are asked)."""

    server: str
    namespace: str
    ca_file: str | None
    certificate_file: str | None
    key_file: str | None
    authorization: Callable[[], str | None]
    """The value of the Authorization header; None where the client's certificate is what identifies it."""

    def tls(self) -> ssl.SSLContext:
        """The context for connections to the server, which is always verified."""
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.certificate_file is not None:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context


def find_access(context: str | None = None) -> Access:
    """The pod's ServiceAccount if there is one, else the kubeconfig (`KUBECONFIG`, `~/.kube/config`).

    Args:
        context: of the kubeconfig; its current one if None.

    Raises:
        NoAccess: there is neither, or it cannot be read.
    """
    from kubernetes import config  # noqa: PLC0415 - half a second and 20 MB, for the main only

    try:
        return _in_cluster() if context is None else _from_kubeconfig(context)
    except config.ConfigException:
        pass
    try:
        return _from_kubeconfig(context)
    except (config.ConfigException, OSError) as missing:
        raise NoAccess(f"No way to a cluster: this is no pod with a ServiceAccount, and no kubeconfig is usable ({missing}).") from missing


def _in_cluster() -> Access:
    from kubernetes import client, config  # noqa: PLC0415 - see find_access

    configuration = client.Configuration()
    config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]  # it has no annotations
    return _access(configuration, _NAMESPACE_FILE.read_text("utf-8").strip())


def _from_kubeconfig(context: str | None) -> Access:
    from kubernetes import client, config  # noqa: PLC0415 - see find_access

    configuration = client.Configuration()
    config.load_kube_config(context=context, client_configuration=configuration)  # type: ignore[no-untyped-call]  # same
    contexts, active = config.list_kube_config_contexts()  # type: ignore[no-untyped-call]  # same
    chosen = next((one for one in contexts if one["name"] == context), active)
    return _access(configuration, str(chosen["context"].get("namespace") or "default"))


def _access(configuration: Any, namespace: str) -> Access:
    return Access(
        server=str(configuration.host).rstrip("/"),
        namespace=namespace,
        ca_file=configuration.ssl_ca_cert,
        certificate_file=configuration.cert_file,
        key_file=configuration.key_file,
        authorization=lambda: _authorization(configuration),
    )


def _authorization(configuration: Any) -> str | None:
    """The header of a token, read again where it runs out; `alias` is the name it had in older versions of the client."""
    found: str | None = configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
    return found
