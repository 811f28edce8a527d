"""Install what the long suites need and Python cannot bring, or say what is missing and fail."""

import os
import shutil
import subprocess
import sys

PROGRAMS = {
    "chromium": "chromium",
    "wrk": "wrk",
    "containerd": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "faketime": "faketime",
    "buildah": "buildah",
    "mmdebstrap": "mmdebstrap",
    "java": "default-jre-headless",
    "mvn": "maven",
}
"""Program on the PATH → Debian's package."""

FONTS = ("fonts-dejavu-core", "fonts-noto-color-emoji")
"""So that pictures of pages show every sign on them."""

NETWORK = "containernetworking-plugins"
"""What connects the pods of the tests' node; its programs are not on the PATH."""


def has_package(name: str) -> bool:
    """Tell whether Debian's package is installed; elsewhere fonts and plugins are the system's own business."""
    if not shutil.which("dpkg-query"):
        return True
    answer = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", name], capture_output=True, text=True, check=False)
    return "install ok installed" in answer.stdout


def missing() -> list[str]:
    """Name the Debian packages to install."""
    programs = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    return programs + [package for package in (*FONTS, NETWORK) if not has_package(package)]


def as_root() -> list[str] | None:
    """Return the prefix with which commands run as root, or None when that cannot be had without asking."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    return [sudo, "-n"] if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0 else None


def main() -> None:
    """Install, or fail with the names of what is missing."""
    packages, root = missing(), as_root()
    if not packages:
        return
    if root is None or not shutil.which("apt-get"):
        sys.exit(f"Not installed and needed by the long suites: {' '.join(packages)} (Debian: sudo apt-get install {' '.join(packages)})")
    print(f"installing {' '.join(packages)} …", file=sys.stderr, flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *packages]):
        if subprocess.run([*root, "apt-get", *command], stdout=sys.stderr, env=environment, check=False).returncode:
            sys.exit(f"apt-get {command[0]} failed (above)")
    if still := missing():
        sys.exit(f"installed, and still not found: {' '.join(still)}")


if __name__ == "__main__":
    main()
