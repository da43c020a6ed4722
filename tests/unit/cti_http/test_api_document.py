"""docs/api.md against the code: every request, every error id, every key of a pop."""

import re
from pathlib import Path

import msgspec
import pytest

from cti.http.app import make_app
from cti.http.errors import CHINESE
from cti.pops import Pop
from cti.views import AgentView, CallView
from tests.unit.cti_http.site import SmallSite

DOCUMENT = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")


def documented() -> set[tuple[str, str]]:
    """Method and path of every request in a table or a heading; `POST a`, `b` means that both are posted to."""
    found = set()
    for cell in re.findall(r"^(?:\| |## .*?)(`(?:GET|POST|PUT) .*?)(?: \||$| \()", DOCUMENT, re.MULTILINE):
        method, before = "", ""
        for word in re.findall(r"`([^`]+)`", cell):
            method, path = word.split(" ", 1) if " " in word else (method, word)
            if not path.startswith(("/api", "/healthz", "/metrics", "/wallboard", "/web", "/reports")):
                path = before.rpartition("/")[0] + path
            found.add((method, path))
            before = path
    return found


async def test_every_request_is_documented_and_every_documented_request_is_served(site: SmallSite) -> None:
    app = make_app(site.services)
    served = {(route.method, route.resource.canonical) for route in app.router.routes() if route.resource is not None}
    assert documented() == {(method, path) for method, path in served if method != "HEAD"}


@pytest.mark.parametrize("error", sorted(CHINESE))
def test_every_error_id_is_documented(error: str) -> None:
    table = DOCUMENT[DOCUMENT.index("## Errors") :]
    assert f"`{error}`" in table


def test_every_documented_error_id_has_its_chinese_text() -> None:
    rows = re.findall(r"^\| [45]\d\d.*? \| (.*) \|$", DOCUMENT[DOCUMENT.index("## Errors") :], re.MULTILINE)
    ids = {word for row in rows for word in re.findall(r"`([a-z_]+)`", row)} - {"reasons", "problems"}
    assert ids - CHINESE.keys() == set()


def test_example_of_a_pop_has_all_its_keys() -> None:
    example = re.search(r'"pop": (\{.*?\})\}\n```', DOCUMENT, re.DOTALL)
    assert example is not None
    assert msgspec.json.decode(example[1].encode()).keys() == {field.name for field in msgspec.structs.fields(Pop)}


@pytest.mark.parametrize(
    "key", ["rung", "require", "added", "assigned", "expected_low_s", "customer", "overrun", "skills"]
)
def test_what_a_supervisor_looks_for_is_named(key: str) -> None:
    assert key in {field.name for view in (AgentView, CallView) for field in msgspec.structs.fields(view)}
    assert key in DOCUMENT
