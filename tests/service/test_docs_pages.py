"""The docs as they are served: pages, Markdown for machines, a reference that asks nobody else."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest

from kwhen.operations.deployment import Deployment
from kwhen.service.pages.assets import ASSETS
from kwhen.service.pages.library import pages
from kwhen.service.pages.markdown import render
from kwhen.service.pages.operations import operations
from kwhen.service.pages.schemas import example_text, fields, kind_of
from tests.deployments import opened
from tests.reading import ROOT
from tests.service.server import client_of
from tools.write_openapi import current

WHOLE = current()
NAMES = list(pages())
HTML_PAGES = ["/", "/docs", "/api-reference", *(page.url for page in pages().values())]
TWINS = ["/api-reference.md", *(operation.twin for operation in operations(WHOLE))]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with opened("sqlite", tmp_path_factory.mktemp("docs")) as found:
        yield found


@pytest.fixture(scope="module")
def client(deployment: Deployment) -> Iterator[httpx.Client]:
    with client_of(deployment) as found:
        yield found


class Links(HTMLParser):
    """Every address in a page, those that it loads apart."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self.anchors: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        address = told.get("href") or told.get("src") or told.get("data-url")
        if address:
            self.addresses.append(address)
            if tag in ("script", "img", "link") or "data-url" in told:
                self.loaded.append(address)
        if (tag == "script" and not told.get("src")) or tag == "style":
            self.inline.append(tag)
        self.inline += [name for name in told if name.startswith("on") or name == "style"]
        if told.get("id"):
            self.anchors.append(str(told["id"]))


def read(client: httpx.Client, url: str) -> Links:
    found = client.get(url)
    assert found.status_code == 200, url
    links = Links()
    links.feed(found.text)
    return links


@pytest.mark.parametrize("url", HTML_PAGES)
def test_a_page_is_html_that_runs_nothing_of_others(client: httpx.Client, url: str) -> None:
    answer = client.get(url)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; ")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'unsafe-inline'" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    links = read(client, url)
    assert not links.inline
    assert links.loaded
    assert all(address.startswith("/") for address in links.loaded)


@pytest.mark.parametrize("url", HTML_PAGES)
def test_every_link_of_a_page_leads_somewhere(client: httpx.Client, url: str) -> None:
    for address in read(client, url).addresses:
        path, _, anchor = address.partition("#")
        if "://" in address:
            continue
        wanted = 303 if path == "/portal" else 200  # where nobody is signed in
        assert client.get(path or url).status_code == wanted, address
        if anchor:
            assert anchor in read(client, path or url).anchors, address


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_its_markdown_twin(client: httpx.Client, name: str) -> None:
    answer = client.get(f"/docs/{name}.md")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text == (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    assert pages()[name].rendered.title in read_title(client, name)


def read_title(client: httpx.Client, name: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", client.get(f"/docs/{name}").text, re.DOTALL)
    assert found is not None
    words = re.sub(r"<[^>]+>", "", found[1])
    return words.replace("&quot;", '"').replace("&amp;", "&")


@pytest.mark.parametrize("operation", operations(WHOLE), ids=lambda operation: operation.name)
def test_an_operation_has_its_markdown(client: httpx.Client, operation) -> None:  # type: ignore[no-untyped-def]
    text = client.get(operation.twin).text
    assert f"`{operation.call}`" in text
    scope = operation.told.get("x-required-scope")
    assert scope is None or f"scope `{scope}`" in text
    for status in operation.told["responses"]:
        assert f"| {status} |" in text or f"## Answer {status}" in text
    assert "```json" in text
    rendered = render(text)
    assert rendered.html.count("<table>") == text.count("| --- |\n")


def test_llms_txt_lists_everything(client: httpx.Client) -> None:
    answer = client.get("/llms.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    lines = [line for line in answer.text.splitlines() if line.startswith("- [")]
    listed = {found[1]: line for line in lines if (found := re.search(r"\]\(([^)]+)\): \S", line))}
    assert set(listed) == {
        "/api-reference.md",
        "/api-reference/openapi.json",
        *(f"{page.url}.md" for page in pages().values()),
        *(operation.twin for operation in operations(WHOLE)),
    }
    assert all(client.get(address).status_code == 200 for address in listed)


def test_the_reference_lists_every_operation(client: httpx.Client) -> None:
    text = client.get("/api-reference.md").text
    assert all(operation.call in text for operation in operations(WHOLE))


def test_the_document_is_served(client: httpx.Client) -> None:
    answer = client.get("/api-reference/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads(json.dumps(WHOLE))


@pytest.mark.parametrize("asset", ASSETS, ids=lambda asset: asset.path)
def test_an_asset_may_be_kept_for_ever(client: httpx.Client, asset) -> None:  # type: ignore[no-untyped-def]
    answer = client.get(asset.url)
    assert answer.content == asset.content
    assert "immutable" in answer.headers["cache-control"]
    assert re.search(r"\.[0-9a-f]{12}\.", asset.url)
    plain = client.get(asset.url, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == asset.content


def test_swagger_ui_asks_nobody_else() -> None:
    script = next(asset for asset in ASSETS if asset.path.endswith("reference.js"))
    text = script.content.decode()
    assert "validatorUrl: null" in text
    assert "://" not in text


@pytest.mark.parametrize("url", ["/docs/nothing", "/assets/x.js", "/api-reference/nothing.md"])
def test_what_is_not_there_is_a_problem(client: httpx.Client, url: str) -> None:
    answer = client.get(url)
    assert answer.status_code == 404
    assert answer.json()["error_code"] == "NOT_FOUND"
    assert client.post("/docs").status_code == 405


def test_markdown_passes_no_html_on_and_keeps_only_links_that_lead_somewhere() -> None:
    text = (
        "# T <b>x</b>\n\nSee [a](a.md), [b](b.md) and <script>alert(1)</script>. More.\n\n## A b\n"
    )
    found = render(text, lambda address: "/a" if address == "a.md" else None)
    assert "<script>" not in found.html
    assert '<a href="/a">a</a>, b and' in found.html
    assert '<h2 id="a-b">' in found.html
    assert [heading.anchor for heading in render("## A\n\n## a\n").headings] == ["a", "a-1"]
    assert found.summary.startswith("See a, b and")
    assert not render("[x](javascript:alert(1))").html.count("href")


def test_fields_are_told_with_their_paths_once() -> None:
    whole = {
        "components": {
            "schemas": {
                "Tree": {
                    "type": "object",
                    "description": "A tree.",
                    "properties": {
                        "size": {"type": "number", "exclusiveMinimum": 0, "maximum": 1000.0},
                        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                    },
                    "required": ["size"],
                }
            }
        }
    }
    tree = {"anyOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "null"}]}
    found = fields(whole, tree)
    assert [(field.path, field.kind, field.is_required) for field in found] == [
        ("size", "number, > 0, ≤ 1,000", True),
        ("parts", "array of (object)", False),
    ]
    assert kind_of(whole, tree) == "object, or null"
    assert kind_of(whole, {"type": "string", "minLength": 1, "maxLength": 9}) == (
        "string, 1 to 9 characters"
    )


def test_long_arrays_of_examples_are_cut_short() -> None:
    assert example_text({"a": [1, 2], "b": []}) == '{\n  "a": [1, 2],\n  "b": []\n}'
    assert example_text([0.5] * 96) == "[0.5, 0.5, 0.5, … 96 in all]"
    rows = example_text({"usage": [[0.5] * 96] * 31})
    assert rows.endswith("    … 31 in all\n  ]\n}")
    assert example_text("a\nb\n") == "a\nb"
