"""One real node: containerd, kubelet, kube-proxy and CoreDNS beside a control plane, all in a space of their own."""

import json
import time
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.control_plane import as_flags
from tests.cluster.bed.process import Program
from tests.cluster.node.image import write_image
from tests.cluster.node.space import CGROUP, NODE_ADDRESS, PODS, Space, members, run, whole_cgroup
from tools import kube

NAME = "node-0"
SANDBOX = "localhost/pause:1"
PLUGINS = next((path for path in ("/usr/lib/cni", "/opt/cni/bin") if Path(path, "ptp").exists()), "/usr/lib/cni")
VOLUMES = 4
READY_SECONDS = 60.0


class Node:
    """The node of a cluster whose control plane runs; `home` is a folder that every user may enter."""

    def __init__(self, home: Path, space: Space, cluster: Cluster) -> None:
        self.home = home
        self.space = space
        self.cluster = cluster
        self.socket = home / "containerd.sock"
        self.programs = {program.name: program for program in self._programs()}

    def start(self) -> float:
        """Start all and wait until the node takes pods; answers the seconds that took."""
        began = time.monotonic()
        self._write_settings()
        self.space.mount_memory(self.home / "images")  # on a disk, unpacking and removing them takes longer than all the rest
        self.programs["containerd"].start()
        self._until(lambda: self._ctr("version") is not None, "containerd does not answer")
        self.import_image(write_image(self.home / "pause.tar", SANDBOX, kube.folder() / "pause"))
        for name in ("coredns", "kubelet", "kube-proxy"):
            self.programs[name].start()
        self._until(self._ready, "the node is not ready")
        self._offer_volumes()
        return time.monotonic() - began

    def stop(self) -> None:
        """End the space, then what is only beside it: the API server waits for those who watch it."""
        self.space.end()
        for name in ("kube-proxy", "coredns"):
            self.programs[name].stop()

    def import_image(self, archive: Path) -> None:
        """Make an image known to the node, so that no registry is asked."""
        run("ctr", "--address", str(self.socket), "--namespace", "k8s.io", "images", "import", str(archive))

    def url(self, service: str, namespace: str) -> str:
        """Where a service is reached from the tests: its address within the cluster, on the port named `http` or its only one."""
        spec = self.cluster.get("service", service, namespace)["spec"]
        port = next((one for one in spec["ports"] if one.get("name") == "http"), spec["ports"][0])["port"]
        return f"http://{spec['clusterIP']}:{port}"

    def tails(self) -> str:
        """The last complaints of each program."""
        return "\n".join(f"── {program.name}\n{program.tail()}" for program in self.programs.values())

    def processes(self, pod: dict[str, Any]) -> list[int]:
        """The pids, as seen from here, of a pod's processes; the one that holds its namespaces is among them."""
        uid = pod["metadata"]["uid"]
        return [pid for found in whole_cgroup().rglob(f"pod{uid}") for pid in members(found)]

    def _programs(self) -> list[Program]:
        kubeconfig = self.cluster.plane.kubeconfig
        log = self.cluster.plane.home
        kubelet = {
            "config": self.home / "kubelet.yaml",
            "kubeconfig": kubeconfig,
            "root-dir": self.home / "kubelet",
            "hostname-override": NAME,
            "node-ip": NODE_ADDRESS,
        }
        commands = {
            "containerd": [*self.space.inside, "containerd", "--config", str(self.home / "containerd.toml")],
            "coredns": [*self.space.in_network, str(kube.folder() / "coredns"), "-conf", str(self.home / "Corefile")],
            "kubelet": [*self.space.inside, str(kube.folder() / "kubelet"), *as_flags(kubelet)],
            "kube-proxy": [*self.space.in_network, str(kube.folder() / "kube-proxy"), f"--config={self.home / 'proxy.yaml'}"],
        }
        return [Program(name, command, log / f"{name}.log") for name, command in commands.items()]

    def _write_settings(self) -> None:
        (self.home / "cni").mkdir()
        (self.home / "cni" / "10-pods.conflist").write_text(json.dumps(pod_network()), "utf-8")
        (self.home / "containerd.toml").write_text(containerd_settings(self.home), "utf-8")
        (self.home / "resolv.conf").touch()
        kubeconfig = self.cluster.plane.kubeconfig
        (self.home / "Corefile").write_text(corefile(kubeconfig), "utf-8")
        (self.home / "kubelet.yaml").write_text(yaml.safe_dump(kubelet_settings(self.home, self.cluster.plane.ca_file)), "utf-8")
        (self.home / "proxy.yaml").write_text(yaml.safe_dump(proxy_settings(kubeconfig)), "utf-8")

    def _ctr(self, *arguments: str) -> str | None:
        try:
            return run("ctr", "--address", str(self.socket), *arguments)
        except RuntimeError:
            return None

    def _ready(self) -> bool:
        answer = self.cluster.api.get(f"/api/v1/nodes/{NAME}")
        conditions = answer.json()["status"].get("conditions", ()) if answer.is_success else ()
        return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)

    def _until(self, holds: Any, otherwise: str) -> None:
        until = time.monotonic() + READY_SECONDS
        while not holds():
            ended = [program.name for program in self.programs.values() if program.process is not None and not program.running]
            if ended or time.monotonic() > until:
                raise RuntimeError(f"{otherwise}{f', {ended} ended' if ended else ''}\n{self.tails()}")
            time.sleep(0.1)

    def _offer_volumes(self) -> None:
        """Volumes on this node's disk, under the class that a chart gets when it names none."""
        self.cluster.apply(*volumes(self.home, VOLUMES))
        for number in range(VOLUMES):
            (self.home / "volumes" / str(number)).mkdir(parents=True)


def volumes(home: Path, count: int) -> list[dict[str, Any]]:
    """A storage class and so many volumes, made beforehand: nothing here makes them when they are asked for."""
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    storage = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "standard", "annotations": default},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    here = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [NAME]}]}]}
    spec = {
        "capacity": {"storage": "100Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "standard",
        "persistentVolumeReclaimPolicy": "Retain",
        "nodeAffinity": {"required": here},
    }
    made = [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": f"disk-{number}"},
            "spec": spec | {"local": {"path": str(home / "volumes" / str(number))}},
        }
        for number in range(count)
    ]
    return [storage, *made]


def pod_network() -> dict[str, Any]:
    """A cable from each pod to the node; what goes between pods is routed, so every rule of kube-proxy sees it."""
    addresses = {"type": "host-local", "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}]}
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "ptp", "ipam": addresses}]}


def containerd_settings(home: Path) -> str:
    """Everything below one folder; an image is never asked of a registry, the pods' namespaces go with the folder."""
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    return f"""\
version = 2
root = "{home}/images"
state = "{home}/running"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "{home}/containerd.sock"
[{cri}]
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  sandbox_image = "{SANDBOX}"
  [{cri}.cni]
    bin_dir = "{PLUGINS}"
    conf_dir = "{home}/cni"
  [{cri}.containerd]
    snapshotter = "overlayfs"
    [{cri}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
"""


def corefile(kubeconfig: Path) -> str:
    """Names of services; every other is answered with an error at once, since nothing leaves the node."""
    return f""".:53 {{
  bind {NODE_ADDRESS}
  errors
  cache 2
  kubernetes cluster.local in-addr.arpa {{
    kubeconfig {kubeconfig}
  }}
}}
"""


def kubelet_settings(home: Path, authority: Path) -> dict[str, Any]:
    """What differs from a kubelet's own choice: addresses, folders, and that pods get all of the machine."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_ADDRESS,
        "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True}, "x509": {"clientCAFile": str(authority)}},
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{CGROUP}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "containerRuntimeEndpoint": f"unix://{home}/containerd.sock",
        "resolvConf": str(home / "resolv.conf"),
        "clusterDomain": "cluster.local",
        "clusterDNS": [NODE_ADDRESS],
        "healthzPort": 0,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "nodeStatusUpdateFrequency": "4s",
        "podLogsDir": str(home / "logs"),
        "volumePluginDir": str(home / "plugins"),
    }


def proxy_settings(kubeconfig: Path) -> dict[str, Any]:
    """Rules of iptables in the node's own network; the kernel's table of connections is left as the machine has it."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "bindAddress": "127.0.0.1",
        "healthzBindAddress": "",
        "metricsBindAddress": "127.0.0.1:10249",
        "clientConnection": {"kubeconfig": str(kubeconfig)},
        "mode": "iptables",
        "clusterCIDR": PODS,
        "hostnameOverride": NAME,
        "conntrack": {"maxPerCore": 0, "min": 0},
    }
