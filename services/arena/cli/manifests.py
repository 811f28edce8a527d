"""Manifests on the command line: YAML or JSON files, and the words people use for kinds."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
import yaml

from arena.cli.console import fail
from arena.cli.settings import WRONG_USE
from arena.embedded.resources.objects import DEFAULT_NAMESPACE
from arena_operator.crd.manifest import API_VERSION

KINDS = {
    "Battle": ("battle", "battles", "bt"),
    "BattleSeries": ("battleseries", "series", "bs"),
    "ConfigMap": ("configmap", "configmaps", "cm"),
}
"""Kinds and what they may be called, as kubectl does."""

STDIN = Path("-")
Files = Annotated[list[Path] | None, typer.Option("-f", "--filename", help="A manifest file or a folder of them; - reads stdin.")]
Namespace = Annotated[str, typer.Option("-n", "--namespace", help="Where the resource is.")]
MaybeNamespace = Annotated[
    str | None, typer.Option("-n", "--namespace", help="Where the resource is; left out: `default`, or that of kubectl's context.")
]
KindWord = Annotated[str | None, typer.Argument(metavar="[KIND]", help="battles (bt), series (bs) or configmaps (cm).")]
NameWord = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Its name.")]


class Reference(NamedTuple):
    """Which resource is meant."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """As sentences name it."""
        return f"{self.kind} {self.namespace}/{self.name}"


def kind_of(word: str) -> str:
    """The kind that is called so; ends the command when none is."""
    found = next((kind for kind, words in KINDS.items() if word.lower() in words), None)
    if found is None:
        fail(f"There is no kind {word!r} here; there are {', '.join(words[1] for words in KINDS.values())}.", WRONG_USE)
    return found


def reference(manifest: Mapping[str, Any], namespace: str = DEFAULT_NAMESPACE) -> Reference:
    """Which resource a manifest is."""
    meta = manifest["metadata"]
    return Reference(str(manifest["kind"]), str(meta.get("namespace") or namespace), str(meta["name"]))


def referred(kind: str | None, name: str | None, files: list[Path] | None, namespace: str) -> list[Reference]:
    """What a command is about: KIND NAME, or what stands in the files; ends the command when neither is given."""
    if files:
        if kind is not None:
            fail("Give either KIND NAME or -f FILE, not both.", WRONG_USE)
        return [reference(manifest, namespace) for manifest in manifests(files)]
    if kind is None or name is None:
        fail("Say which: KIND NAME, such as `battle office-week`, or -f FILE.", WRONG_USE)
    return [Reference(kind_of(kind), namespace, name)]


def manifests(files: list[Path]) -> list[Mapping[str, Any]]:
    """Every document of the files; ends the command when one cannot be read or is no resource of ours."""
    found = [_ours(document, f"{name}, document {number}") for name, text in _texts(files) for number, document in _documents(name, text)]
    if not found:
        fail(f"There is no manifest in {', '.join(map(str, files))}.", WRONG_USE)
    return found


def _texts(files: list[Path]) -> Iterator[tuple[str, str]]:
    for path in files:
        if path == STDIN:
            yield "stdin", sys.stdin.read()
            continue
        inside = sorted(found for found in path.iterdir() if found.suffix in {".yaml", ".yml", ".json"}) if path.is_dir() else [path]
        for file in inside:
            try:
                yield str(file), file.read_text("utf-8")
            except OSError as unread:
                fail(f"{file} cannot be read ({unread.strerror}).", WRONG_USE)
            except UnicodeDecodeError:
                fail(f"{file} is no manifest: it is not UTF-8 text.", WRONG_USE)


def _documents(name: str, text: str) -> Iterator[tuple[int, Any]]:
    try:
        documents = [document for document in yaml.safe_load_all(text) if document is not None]
    except (yaml.YAMLError, RecursionError, ValueError) as unread:
        lines = " ".join(str(unread).split())
        fail(f"{name} is no YAML: {lines}.", WRONG_USE)
    yield from enumerate(documents, 1)


def _ours(document: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(document, dict) or not isinstance(document.get("metadata"), dict) or not document["metadata"].get("name"):
        fail(f"{where} is no resource: it needs apiVersion, kind and metadata.name.", WRONG_USE)
    if document.get("apiVersion") != API_VERSION or document.get("kind") not in {"Battle", "BattleSeries"}:
        said = f"{document.get('kind')} of {document.get('apiVersion')}"
        fail(f"{where} is a {said}; this takes Battle and BattleSeries of {API_VERSION}.", WRONG_USE)
    return document
