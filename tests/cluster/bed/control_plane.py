"""etcd, API server, controller manager and scheduler of one throw-away cluster: up in seconds, gone with the tests."""

import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import yaml

from arena.embedded.testing_process import free_ports
from tests.cluster.bed.pki import Authority, signing_key
from tests.cluster.bed.place import LOOPBACK, Place
from tests.cluster.bed.process import Program

READY_SECONDS = 90.0
POLL_SECONDS = 0.1


class ControlPlane:
    """The four programs over a folder; ports and certificates stay the same when the API server is started again.

    `issuer` is what a service of ours is told: on loopback the API server's own address, where the keys of its tokens can be asked for.
    """

    def __init__(self, home: Path, programs: Path, place: Place = LOOPBACK) -> None:
        self.home = home
        self.place = place
        self.pki = home / "pki"
        self.pki.mkdir()
        etcd, peer, api, manager, scheduler = free_ports(5)
        self.url = f"https://{place.address}:{api}"
        self.issuer = place.issuer or self.url
        self.ca_file = self.pki / "ca.crt"
        self.kubeconfig = home / "kubeconfig"
        self._make_certificates()
        commands = {
            "etcd": etcd_command(home / "etcd", etcd, peer),
            "kube-apiserver": self._api_command(etcd, api),
            "kube-controller-manager": self._manager_command(manager),
            "kube-scheduler": self._as_client(scheduler),
        }
        self.programs = {
            name: Program(name, [*place.enter, str(programs / name), *rest], home / f"{name}.log") for name, rest in commands.items()
        }

    def start(self) -> float:
        """Start all and wait until the cluster works; answers the seconds that took."""
        began = time.monotonic()
        self.programs["etcd"].start()
        self.start_api()
        self.programs["kube-controller-manager"].start()
        self.programs["kube-scheduler"].start()
        with self.client() as client:
            # The account is made by the controller manager: it works, and pods may be made.
            self.wait_until(lambda: client.get("/api/v1/namespaces/default/serviceaccounts/default").is_success, "made no accounts")
        return time.monotonic() - began

    def start_api(self) -> None:
        """Start the API server (again) and wait until it answers."""
        self.programs["kube-apiserver"].start()
        with self.client() as client:
            self.wait_until(lambda: client.get("/readyz").is_success, "did not get ready")

    def stop(self) -> None:
        """Stop all, the store last."""
        for program in reversed(self.programs.values()):
            program.stop()

    def client(self) -> httpx.Client:
        """An HTTP client that may do everything."""
        context = self.tls()
        context.load_cert_chain(self.pki / "admin.crt", self.pki / "admin.key")
        return httpx.Client(base_url=self.url, verify=context, timeout=30, trust_env=False)

    def tls(self) -> ssl.SSLContext:
        """Trust in this cluster's authority, and in no other."""
        return ssl.create_default_context(cafile=str(self.ca_file))

    def wait_until(self, works: Callable[[], bool], otherwise: str) -> None:
        """Wait; a program that ended meanwhile, or READY_SECONDS, end the wait with what the logs say."""
        until = time.monotonic() + READY_SECONDS
        while True:
            try:
                if works():
                    return
            except httpx.TransportError:
                pass
            ended = [program.name for program in self.programs.values() if program.process is not None and not program.running]
            if ended or time.monotonic() > until:
                raise RuntimeError(f"the cluster {otherwise}{f', {ended} ended' if ended else ''}\n{self.tails()}")
            time.sleep(POLL_SECONDS)

    def tails(self) -> str:
        """The last lines of every log."""
        return "\n".join(f"── {program.name}\n{program.tail()}" for program in self.programs.values())

    def _make_certificates(self) -> None:
        authority = Authority(self.pki, self.place.address)
        authority.sign("apiserver", "kube-apiserver", server=True)
        authority.sign("admin", "admin", "system:masters")
        authority.sign("front-proxy", "front-proxy")
        signing_key(self.pki / "sa.key")
        user = {"client-certificate": str(self.pki / "admin.crt"), "client-key": str(self.pki / "admin.key")}
        write_kubeconfig(self.kubeconfig, self.url, self.ca_file, user)

    def _api_command(self, etcd: int, port: int) -> list[str]:
        pki = self.pki
        flags = {
            "etcd-servers": f"http://127.0.0.1:{etcd}",
            "bind-address": self.place.address,
            "advertise-address": self.place.address,
            "endpoint-reconciler-type": "lease" if self.place.has_pods else "none",
            "secure-port": port,
            "tls-cert-file": pki / "apiserver.crt",
            "tls-private-key-file": pki / "apiserver.key",
            "client-ca-file": pki / "ca.crt",
            "service-account-issuer": self.issuer,
            "service-account-jwks-uri": f"{self.url}/openid/v1/jwks",
            "service-account-key-file": pki / "sa.key",
            "service-account-signing-key-file": pki / "sa.key",
            "proxy-client-cert-file": pki / "front-proxy.crt",
            "proxy-client-key-file": pki / "front-proxy.key",
            "requestheader-client-ca-file": pki / "ca.crt",
            "requestheader-allowed-names": "front-proxy",
            "requestheader-username-headers": "X-Remote-User",
            "requestheader-group-headers": "X-Remote-Group",
            "requestheader-extra-headers-prefix": "X-Remote-Extra-",
            "authorization-mode": "Node,RBAC",
            "service-cluster-ip-range": "10.96.0.0/16",
            "kubelet-client-certificate": pki / "admin.crt",
            "kubelet-client-key": pki / "admin.key",
            "kubelet-preferred-address-types": "InternalIP",
        }
        return as_flags(flags)

    def _manager_command(self, port: int) -> list[str]:
        pki = self.pki
        flags = {
            "service-account-private-key-file": pki / "sa.key",
            "root-ca-file": pki / "ca.crt",
            "cluster-signing-cert-file": pki / "ca.crt",
            "cluster-signing-key-file": pki / "ca.key",
            # As every installer does: each controller is an account of its own.
            "use-service-account-credentials": "true",
            # A node that is only told of has no kubelet that would report: whoever made it says how it is.
            "controllers": "*" if self.place.has_pods else "*,-node-lifecycle-controller",
        }
        return [*self._as_client(port), *as_flags(flags)]

    def _as_client(self, port: int) -> list[str]:
        kubeconfig = self.kubeconfig
        flags = {
            "kubeconfig": kubeconfig,
            "authentication-kubeconfig": kubeconfig,
            "authorization-kubeconfig": kubeconfig,
            "bind-address": "127.0.0.1",
            "secure-port": port,
            "leader-elect": "false",
        }
        return as_flags(flags)


def etcd_command(data: Path, port: int, peer: int) -> list[str]:
    """A store for one test run: nothing is flushed to the disk."""
    own, other = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer}"
    flags = {
        "name": "default",
        "data-dir": data,
        "log-level": "warn",
        "listen-client-urls": own,
        "advertise-client-urls": own,
        "listen-peer-urls": other,
        "initial-advertise-peer-urls": other,
        "initial-cluster": f"default={other}",
        "unsafe-no-fsync": "true",
    }
    return as_flags(flags)


def as_flags(flags: Mapping[str, object]) -> list[str]:
    return [f"--{name}={value}" for name, value in flags.items()]


def write_kubeconfig(path: Path, url: str, ca_file: Path, user: dict[str, str], namespace: str = "default") -> None:
    """A kubeconfig for one cluster and one user."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": url, "certificate-authority": str(ca_file)}}],
        "users": [{"name": "test", "user": user}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": namespace}}],
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(content), "utf-8")
