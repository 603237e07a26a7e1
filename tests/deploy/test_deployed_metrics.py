"""The dashboard and the alert rules use existing metric names, and every alert has a summary."""

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


def metric_names() -> set[str]:
    """Return every metric name in the two registries, as expressions use them."""
    run(heartbeat.record())
    audit.run()
    families: list[Metric] = [*REGISTRY.collect(), *DatabaseCollector().collect()]
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    return {family.name + suffix for family in families for suffix in suffixes.get(family.type, ())}


def rules() -> list[dict[str, object]]:
    groups = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, object]]:
    return list(json.loads((DEPLOY / "grafana/get-images.json").read_text())["panels"])


def test_alerts_and_dashboard_use_existing_metrics() -> None:
    expressions = [str(rule["expr"]) for rule in rules()]
    expressions += [target["expr"] for panel in panels() for target in panel["targets"]]  # type: ignore[attr-defined]
    used = {name for expression in expressions for name in NAME.findall(expression)}
    assert len(used) > 10
    assert not used - metric_names()
    assert AuditRun.objects.exists()


def test_every_alert_has_a_severity_and_a_summary() -> None:
    for rule in rules():
        assert rule["labels"] in ({"severity": "page"}, {"severity": "ticket"})
        assert len(rule["annotations"]["summary"]) > 20  # type: ignore[index]


def test_panels_do_not_overlap() -> None:
    positions = [dict(panel["gridPos"]) for panel in panels()]  # type: ignore[call-overload]
    cells = [
        (x, y)
        for box in positions
        for x in range(box["x"], box["x"] + box["w"])
        for y in range(box["y"], box["y"] + box["h"])
    ]
    assert len(cells) == len(set(cells))
