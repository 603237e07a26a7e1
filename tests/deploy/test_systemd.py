"""The systemd units, checked with systemd-analyze if it is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from images.models import DEADLINE

PROJECT = Path(__file__).resolve().parents[2]
UNITS = sorted((PROJECT / "deploy/systemd").iterdir())
# In tenths: systemd-analyze rates a service from 0 (most restricted) to 100 (unrestricted).
EXPOSURE_MAX = 25

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """One instance of each unit, with the paths of this checkout, which may contain a space."""
    app = tmp_path / "app"
    app.symlink_to(PROJECT)
    copies = []
    for unit in UNITS:
        copy = tmp_path / unit.name.replace("@", "@8001")
        text = unit.read_text().replace("/srv/get-images/app", str(app)).replace("=get-images\n", "=daemon\n")
        copy.write_text(text.replace("%i", "8001"))
        copies.append(copy)
    return copies


@needs_systemd
def test_the_units_are_valid(units: list[Path]) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
def test_the_services_are_restricted(units: list[Path]) -> None:
    services = [unit for unit in units if unit.suffix == ".service"]
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE_MAX}"]
    done = subprocess.run([*command, *services], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_worker_restarts_and_has_time_to_finish_its_images() -> None:
    unit = (PROJECT / "deploy/systemd/get-images-worker@.service").read_text().splitlines()
    assert {"Restart=always", "StartLimitIntervalSec=0", "TimeoutStopSec=13min"} <= set(unit)
    assert DEADLINE.total_seconds() < 13 * 60
