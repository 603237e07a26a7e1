"""Imports and templates follow the order of layers in pyproject.toml."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template import engines
from django.template.base import Lexer, TokenType

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATES = PROJECT / "templates"
# The first folder of a template that is not named after its package.
FOLDER_OWNERS = {"admin": "staff", "unfold": "staff"} | dict.fromkeys(
    ("account", "allauth", "mfa", "socialaccount", "usersessions"), "website"
)
LIBRARIES: dict[str, str] = engines["django"].engine.libraries  # type: ignore[attr-defined]
TEMPLATE_NAME = re.compile(r"[\w./-]+\.(?:html|txt)\b")


def layers() -> dict[str, int]:
    """Return the rank of each package; a higher rank may use a lower one."""
    contract = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    return {
        package.strip(): rank
        for rank, packages in enumerate(reversed(contract["layers"]))
        for package in packages.split("|")
    }


RANKS = layers()


def library(package: str) -> str:
    """Return the name of a tag library of a package."""
    return next(name for name, module in LIBRARIES.items() if module.startswith(f"{package}."))


def owner(template: str) -> str:
    """Return the package of a template; error pages in the root folder belong to the website."""
    folder, _, rest = template.partition("/")
    return FOLDER_OWNERS.get(folder, folder) if rest else "website"


def packages_used(source: str) -> Iterator[str]:
    """Yield the package of each tag library, parent template and included template; "" for third-party packages."""
    for token in Lexer(source).tokenize():
        if token.token_type != TokenType.BLOCK:
            continue
        tag, *arguments = token.split_contents()
        if tag == "load":
            names = arguments[-1:] if "from" in arguments else arguments
            yield from (LIBRARIES[name].partition(".")[0] for name in names if name in LIBRARIES)
        elif tag in ("extends", "include"):
            yield from (owner(name) for name in TEMPLATE_NAME.findall(token.contents))


def violations(template: str, source: str) -> set[str]:
    """Return the packages that the template uses although its layer must not."""
    own = owner(template)
    return {name for name in packages_used(source) if name in RANKS and name != own and RANKS[name] >= RANKS[own]}


def test_no_package_imports_a_higher_layer() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_template_uses_a_higher_layer() -> None:
    sources = {path.relative_to(TEMPLATES).as_posix(): path.read_text() for path in TEMPLATES.rglob("*.*t*")}
    templates = {name: source for name, source in sources.items() if name.endswith((".html", ".txt"))}
    assert len(templates) > 100
    assert {owner(name) for name in templates} <= RANKS.keys()
    violated = {name: violations(name, source) for name, source in templates.items()}
    assert {name: packages for name, packages in violated.items() if packages} == {}


@pytest.mark.parametrize(
    ("template", "source", "used"),
    [
        ("images/emails/x.txt", f"{{% load {library('website')} %}}", {"website"}),
        ("images/emails/x.txt", f"{{% load x from {library('website')} %}}", {"website"}),
        ("billing/emails/x.txt", f"{{% load humanize {library('images')} {library('billing')} %}}", {"images"}),
        ("staff/x.html", '{% include "website/dashboard/_empty.html" with a=b %}', {"website"}),
        ("admin/x.html", '{% extends wide|yesno:"website/a.html,admin/b.html" %}', {"website"}),
        ("website/x.html", "{% extends 'development/base.html' %}", {"development"}),
        ("404.html", '{% extends "staff/base.html" %}', {"staff"}),
        ("development/x.html", f"{{% extends 'website/base.html' %}}{{% load {library('images')} %}}", set()),
        ("account/x.html", '{% extends "website/base.html" %}{% load allauth static %}', set()),
    ],
)
def test_a_violation_is_found(template: str, source: str, used: set[str]) -> None:
    assert violations(template, source) == used
