"""The stage on a laptop: the `arena` command, and the platform's own process in the operator's place."""

import json
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml

from tests.cluster.scenarios.script import Json, Refused
from tests.integration.cli.shell import Shell

ADMIN = ("admin@example.org", "correct horse battery")


@dataclass(frozen=True, slots=True)
class LaptopStage:
    """One installation."""

    shell: Shell
    folder: Path

    @property
    def url(self) -> str:
        """Where the platform serves."""
        return self.shell.process.url

    def apply(self, manifest: Json) -> None:
        """`arena apply`."""
        file = self.folder / f"{manifest['metadata']['name']}.yaml"
        file.write_text(yaml.safe_dump(manifest), "utf-8")
        self._run("apply", "-f", str(file))

    def delete(self, name: str) -> None:
        """`arena delete --wait 0`."""
        self._run("delete", "battle", name, "--wait", "0")

    def get(self, name: str) -> Json | None:
        """`arena get -o json`."""
        answer = self.shell.arena("get", "battle", name, "-o", "json")
        if answer.returncode:
            assert "There is no Battle" in answer.stderr, answer
            return None
        found: Json = json.loads(answer.stdout)
        return found

    def platform(self, *, up: bool) -> None:
        """Stop or start `arena up`."""
        if up:
            self.shell.process.start()
        else:
            self.shell.process.stop()

    def held(self, battle_id: str) -> Json:
        """As an administrator sees it."""
        email, password = ADMIN
        form = {"grant_type": "password", "username": email, "password": password}
        with httpx.Client(base_url=self.url, trust_env=False, timeout=30) as http:
            token = http.post("/api/identity/token", data=form).raise_for_status().json()["access_token"]
            answer = http.get(f"/api/battles/{battle_id}", headers={"authorization": f"Bearer {token}"})
        found: Json = answer.raise_for_status().json()
        return found

    def verify(self, name: str) -> None:
        """Take the kept document to `arena verify`."""
        found = self.get(name) or {}
        file = self.folder / f"{name}.json"
        file.write_text(self._run("get", "configmap", found["spec"]["results"]["configMap"], "--key", "result.json"), "utf-8")
        self._run("verify", str(file))
        assert found["status"]["resultHash"] in file.read_text("utf-8")

    def _run(self, *words: str) -> str:
        answer = self.shell.arena(*words)
        if answer.returncode:
            raise Refused(answer.stderr)
        return answer.stdout
