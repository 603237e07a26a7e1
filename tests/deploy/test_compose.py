"""The compose file is consistent with the rest of the project. No container engine runs it here."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from images.models import DEADLINE

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE = (DEPLOY / "compose.yml").read_text()
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
OWN_SERVICES = ["web", "worker", "setup"]


@pytest.mark.parametrize("name", OWN_SERVICES)
def test_containers_are_read_only_and_cannot_gain_privileges(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", ["web", "worker"])
def test_web_and_worker_start_after_setup_and_always_restart(name: str) -> None:
    service = SERVICES[name]
    assert service["depends_on"] == {"setup": {"condition": "service_completed_successfully"}}
    assert (service["restart"], service["deploy"]["replicas"]) == ("always", 3)


def test_a_worker_has_time_to_finish_its_images() -> None:
    assert SERVICES["worker"]["stop_grace_period"] == "13m"
    assert DEADLINE.total_seconds() < 13 * 60


def test_only_the_proxy_publishes_ports() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert (SERVICES["database"]["networks"], SERVICES["storage"]["networks"]) == (["inside"], ["inside"])


def test_mounted_files_and_the_containerfile_exist() -> None:
    mounted = [volume.split(":")[0] for volume in SERVICES["proxy"]["volumes"] if volume.startswith("./nginx")]
    assert [(DEPLOY / path).is_file() for path in mounted] == [True] * 3
    build = SERVICES["web"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()


def test_every_image_has_a_version_tag() -> None:
    tags = {name: service["image"].rpartition(":")[2] for name, service in SERVICES.items() if name not in OWN_SERVICES}
    assert [name for name, tag in tags.items() if tag == "latest" or not re.search(r"\d", tag)] == []


def test_every_required_variable_is_in_the_example() -> None:
    example = (DEPLOY / "example.env").read_text()
    assert set(re.findall(r"\$\{(\w+):\?", COMPOSE)) <= set(re.findall(r"^(\w+)=", example, re.MULTILINE))
