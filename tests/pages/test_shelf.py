"""The frame of the app, handed out from memory."""

import pytest

from geoparty.pages import shelf
from geoparty.pages.shelf import FIRST, FRONT, Shelf, needed

PAGE = b"<html><head><title>x</title></head><body></body></html>"


def answer(path, *, kind=b"text/html", body=PAGE, headers=(), method="GET"):
    """What comes back for a path before an app that answers everything alike, and its scope."""
    seen, sent = [], []

    async def app(scope, receive, send):
        seen.append(scope)
        start = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), (b"etag", b"e")]
        await send({"type": "http.response.start", "status": 200, "headers": start})
        await send({"type": "http.response.body", "body": body[:9], "more_body": True})
        await send({"type": "http.response.body", "body": body[9:]})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
    with pytest.raises(StopIteration):  # nothing here waits, so no loop is needed
        Shelf(app)(scope, None, send).send(None)
    told = dict(sent[0]["headers"])
    content = b"".join(m.get("body", b"") for m in sent[1:])
    assert told[b"content-length"] == b"%d" % len(content)
    return content, told, seen


def a_script():
    return sorted((FRONT / "js").glob("ComponentInstance.*.js"))[0]


@pytest.mark.parametrize("path", ["/", "/border"])
def test_a_page_announces_the_scripts_of_the_first_view(path):
    content, told, _ = answer(path, headers=[(b"accept-encoding", b"gzip")])
    assert f'<link rel="modulepreload" crossorigin href="./static/js/{a_script().name}">' in (
        content.decode()
    )
    assert content.endswith(b"</head><body></body></html>")
    assert b"etag" not in told  # of the page without the announcement


def test_the_app_is_not_asked_to_compress_a_page():
    _, _, seen = answer("/", headers=[(b"accept-encoding", b"gzip"), (b"cookie", b"c")])
    assert seen[0]["headers"] == [(b"cookie", b"c")]


@pytest.mark.parametrize("stem", FIRST)
def test_streamlit_has_every_script_announced(stem):
    assert list((FRONT / "js").glob(f"{stem}.*.js"))


def test_what_the_page_names_already_is_not_named_again():
    page = PAGE.replace(b"<title>", a_script().name.encode() + b"<title>")
    assert shelf.announced(page).count(a_script().name.encode()) == 1


def test_scripts_bring_what_they_import_each_once(tmp_path):
    (tmp_path / "A.1x.js").write_text('import{a}from"./b.2.js";import"./c.3.js";')
    (tmp_path / "b.2.js").write_text('import{t as e}from"./A.1x.js";import("./late.js")')
    (tmp_path / "c.3.js").write_text('import"./gone.4.js"')
    assert needed(["A", "none"], tmp_path) == ["A.1x.js", "b.2.js", "c.3.js"]


def test_a_script_comes_from_memory_as_it_is_on_the_disk():
    content, told, seen = answer(f"/static/js/{a_script().name}")
    assert content == a_script().read_bytes()
    assert b"immutable" in told[b"cache-control"]
    assert "javascript" in told[b"content-type"].decode()
    assert not seen


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/static/../index.html", {}),
        ("/static/js/none.js", {}),
        ("/media/abc.csv", {}),
        ("/_stcore/health", {"kind": b"text/plain"}),
        ("/", {"method": "POST"}),
    ],
)
def test_the_rest_is_the_app_s_to_answer(path, more):
    content, told, seen = answer(path, **more)
    assert content == PAGE
    assert told[b"etag"] == b"e"
    assert seen[0]["path"] == path


def test_a_part_of_a_script_is_the_app_s_to_answer():
    _, _, seen = answer(f"/static/js/{a_script().name}", headers=[(b"range", b"bytes=0-1")])
    assert seen
