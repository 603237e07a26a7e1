"""The dashboard and the alert rules use the names that /metrics has, and each says what to do."""

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.metrics_core import Metric

from config.database_metrics import DatabaseCollector
from images import audit
from images.models import AuditRun
from images.worker import heartbeat
from tests.concurrency import run

pytestmark = pytest.mark.django_db(transaction=True)

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
NAME = re.compile(r"getimages_\w+")


def known() -> set[str]:
    """Return every name that an expression may use, as the two registries give them."""
    run(heartbeat.record())
    audit.run()
    families: list[Metric] = [*REGISTRY.collect(), *DatabaseCollector().collect()]
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    return {each.name + ending for each in families for ending in endings.get(each.type, ())}


def rules() -> list[dict[str, object]]:
    groups = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, object]]:
    return list(json.loads((DEPLOY / "grafana/get-images.json").read_text())["panels"])


def test_alerts_and_dashboard_name_metrics_that_there_are() -> None:
    expressions = [str(rule["expr"]) for rule in rules()]
    expressions += [target["expr"] for panel in panels() for target in panel["targets"]]  # type: ignore[attr-defined]
    used = {name for expression in expressions for name in NAME.findall(expression)}
    assert len(used) > 10
    assert not used - known()
    assert AuditRun.objects.exists()


def test_every_alert_says_how_urgent_it_is_and_what_is_wrong() -> None:
    for rule in rules():
        assert rule["labels"] in ({"severity": "page"}, {"severity": "ticket"})
        assert len(rule["annotations"]["summary"]) > 20  # type: ignore[index]


def test_panels_do_not_lie_on_each_other() -> None:
    places = [dict(panel["gridPos"]) for panel in panels()]  # type: ignore[call-overload]
    cells = [
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells))
