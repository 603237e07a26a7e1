"""The compose file: nothing runs it here, so what it says is held against the rest of the project."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from images.models import DEADLINE

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE = (DEPLOY / "compose.yml").read_text()
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
OURS = ["web", "worker", "setup"]


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_write_nowhere_and_become_nobody_else(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", ["web", "worker"])
def test_web_and_worker_begin_after_the_set_up_and_always_come_back(name: str) -> None:
    service = SERVICES[name]
    assert service["depends_on"] == {"setup": {"condition": "service_completed_successfully"}}
    assert (service["restart"], service["deploy"]["replicas"]) == ("always", 3)


def test_a_worker_has_time_to_end_its_images() -> None:
    assert SERVICES["worker"]["stop_grace_period"] == "13m"
    assert DEADLINE.total_seconds() < 13 * 60


def test_only_the_proxy_is_open_to_the_world() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert (SERVICES["database"]["networks"], SERVICES["storage"]["networks"]) == (["inside"], ["inside"])


def test_what_is_mounted_and_built_is_there() -> None:
    mounted = [volume.split(":")[0] for volume in SERVICES["proxy"]["volumes"] if volume.startswith("./nginx")]
    assert [(DEPLOY / each).is_file() for each in mounted] == [True] * 3
    build = SERVICES["web"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()


def test_every_image_is_named_with_its_version() -> None:
    tags = {name: service["image"].rpartition(":")[2] for name, service in SERVICES.items() if name not in OURS}
    assert [name for name, tag in tags.items() if tag == "latest" or not re.search(r"\d", tag)] == []


def test_what_has_to_be_set_stands_in_the_example() -> None:
    example = (DEPLOY / "example.env").read_text()
    assert set(re.findall(r"\$\{(\w+):\?", COMPOSE)) <= set(re.findall(r"^(\w+)=", example, re.MULTILINE))
