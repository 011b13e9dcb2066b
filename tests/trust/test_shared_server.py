"""A shared server with a real sign-in: each person gets their own area and nothing else."""

import http.client
import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages.test_browser import drawn
from patience import PATIENCE_S, answers, settled

from geoparty import pipeline, sample
from geoparty.project import open_project
from geoparty.schema import Results

pytestmark = pytest.mark.browser

PEOPLE = ("one@example.vn", "two@example.vn", "all@example.vn", "stranger@example.vn")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("shared")
    communes = sample.invent_communes(4, seed=11)
    sample.write_sample(sample.make_sample(communes, places_per_commune=8, seed=11), where)
    project = where / "project.toml"
    text = project.read_text("utf-8").replace("# time_limit_s = 20.0", "time_limit_s = 1.0")
    project.write_text(text, "utf-8")
    first, second = communes.index[:2]
    (where / "access.toml").write_text(
        f'[[people]]\nemail = "{PEOPLE[0]}"\nrole = "planner"\ncommunes = ["{first}"]\n'
        f'[[people]]\nemail = "{PEOPLE[1]}"\nrole = "viewer"\ncommunes = ["{second}"]\n'
        f'[[people]]\nemail = "{PEOPLE[2]}"\nrole = "reviewer"\neverywhere = true\n',
        "utf-8",
    )
    return where


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return pipeline.run(open_project(folder))


@pytest.fixture(scope="module")
def served(folder: Path, chromium: object) -> Iterator[str]:
    """Address of the app, signing in with a provider on this machine."""
    from trust.provider import Provider, secrets_toml

    provider, port = Provider(list(PEOPLE)), free_port()
    secrets = folder / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir()
    secrets.write_text(secrets_toml(provider, port), "utf-8")
    code = "import sys; from geoparty.cli import main; main()"
    arguments = ["app", ".", "--port", str(port), "--access", "access.toml"]
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(root)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://localhost:{port}"
    try:
        answers(f"{address}/_stcore/health", process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)
        provider.close()
    with pytest.raises(OSError, match="refused"):  # nothing goes on serving
        urllib.request.urlopen(f"{address}/_stcore/health")  # noqa: S310 - our own server


def signed_in(chromium: object, address: str, email: str, figures: Counter[str]) -> object:
    """Return a page of somebody who has signed in."""
    figures["access: sessions signed in"] += 1
    page = chromium.new_context().new_page()  # type: ignore[attr-defined]
    page.goto(address)
    page.get_by_role("button", name="Đăng nhập").click()
    page.get_by_role("link", name=email).click()
    page.wait_for_url(f"{address}/**")
    return page


def received(page: object, address: str, path: str, figures: Counter[str]) -> str:
    """Return everything a session is sent for a page: the document and the socket's frames."""
    figures["access: pages opened by a session"] += 1
    frames: list[str] = []

    def listen(socket: object) -> None:
        socket.on(  # type: ignore[attr-defined]
            "framereceived",
            lambda data: frames.append(
                data.decode("utf-8", "ignore") if isinstance(data, bytes) else data
            ),
        )

    page.on("websocket", listen)  # type: ignore[attr-defined]
    page.goto(f"{address}{path}")  # type: ignore[attr-defined]
    page.wait_for_selector("[data-testid=stSidebar]")  # type: ignore[attr-defined]
    if path in ("/progress", "/bring"):
        settled(page)
    else:
        drawn(page)
    return page.content() + "".join(frames)  # type: ignore[attr-defined]


def names_outside(results: Results, commune: str) -> set[str]:
    """Return ids and names that only exist outside a commune."""
    inside = results.places["commune_code"] == commune
    own = set(results.places.loc[inside, "place_name"])
    others = results.places[~inside]
    return set(others.index) | {n for n in others["place_name"] if n not in own and len(n) > 9}


def test_nobody_sees_anything_before_sign_in(
    served: str, chromium: object, results: Results
) -> None:
    page = chromium.new_context().new_page()  # type: ignore[attr-defined]
    frames: list[str] = []
    page.on(
        "websocket",
        lambda s: s.on(
            "framereceived",
            lambda d: frames.append(d.decode("utf-8", "ignore") if isinstance(d, bytes) else d),
        ),
    )
    page.goto(served)
    page.get_by_role("button", name="Đăng nhập").wait_for()
    sent = page.content() + "".join(frames)
    assert not any(place in sent for place in results.places.index)
    assert not any(name in sent for name in results.communes["commune_name"])


def test_a_stranger_who_signs_in_is_denied(
    served: str, chromium: object, results: Results, figures: Counter[str]
) -> None:
    page = signed_in(chromium, served, PEOPLE[3], figures)
    page.get_by_text(PEOPLE[3]).wait_for()  # type: ignore[attr-defined]
    sent = page.content()  # type: ignore[attr-defined]
    assert not any(place in sent for place in results.places.index)


@pytest.mark.parametrize("number", [0, 1])
def test_each_person_gets_their_commune_and_nothing_else(
    served: str, chromium: object, results: Results, number: int, figures: Counter[str]
) -> None:
    own, other = results.communes.index[number], results.communes.index[1 - number]
    page = signed_in(chromium, served, PEOPLE[number], figures)
    foreign = names_outside(results, own)
    links = ["/", "/border", "/isolation", "/classes", "/progress", "/bring", f"/?commune={other}"]
    links += [f"/?place={results.places.index[results.places['commune_code'] == other][0]}"]
    for link in links:
        sent = received(page, served, link, figures)
        leaked = sorted(name for name in foreign if name in sent and name not in link)
        figures["access: foreign names received"] += len(leaked)
        assert not leaked, (link, leaked[:5])


def test_who_sees_everywhere_does(
    served: str, chromium: object, results: Results, figures: Counter[str]
) -> None:
    """The test above would pass for an app that shows nothing; this one would not."""
    page = signed_in(chromium, served, PEOPLE[2], figures)
    sent = received(page, served, "/", figures)
    seen = [place for place in results.places.index if place in sent]
    assert results.places.loc[seen, "commune_code"].nunique() > len(results.communes) / 2


def addresses_of(page: object, served: str) -> dict[str, str]:
    """Return where a planner's session fetches a download and its boundaries from."""
    found: dict[str, str] = {}

    def note(response: object) -> None:
        url = response.url  # type: ignore[attr-defined]
        if "/media/" in url:
            found["download"] = url
        if url.endswith(".json.gz"):
            found["boundaries"] = url
        if "st_folium" in url and url.endswith((".html", ".js")):
            found["frame"] = url

    page.on("response", note)  # type: ignore[attr-defined]
    page.goto(served)  # type: ignore[attr-defined]
    page.wait_for_selector("[data-testid=stDownloadButton]")  # type: ignore[attr-defined]
    drawn(page)
    with page.expect_download() as download:  # type: ignore[attr-defined]
        page.get_by_role("button", name="CSV").first.click()  # type: ignore[attr-defined]
    found.setdefault("download", download.value.url)
    assert Path(download.value.path()).read_bytes().startswith(b"\xef\xbb\xbf")
    return found


def test_a_link_to_anothers_files_does_not_answer(
    served: str, chromium: object, figures: Counter[str]
) -> None:
    """Downloads and boundaries answer the person they were made for, nobody else who knows them."""
    others = [signed_in(chromium, served, PEOPLE[n], figures) for n in (1, 2, 3)]
    for page in others:
        settled(page)
    planner = signed_in(chromium, served, PEOPLE[0], figures)
    found = addresses_of(planner, served)
    assert set(found) >= {"download", "boundaries"}, found
    nobody = chromium.new_context().new_page()  # type: ignore[attr-defined]
    for name, url in found.items():
        assert planner.request.get(url).status == 200, name  # type: ignore[attr-defined]
        for page in (nobody, *others):
            named = name == "frame" and page in others[:2]
            answers = [page.request.get(url), page.request.get(url, headers={"Range": "bytes=0-9"})]
            answers += [page.request.head(url)]
            figures["access: requests for another's files"] += len(answers)
            leaked = [a for a in answers if a.status != 403 and not named]
            figures["access: another's files answered"] += len(leaked)
            assert not leaked, (name, [a.status for a in leaked])
        assert planner.request.get(url).status == 200, name  # type: ignore[attr-defined]
    planner.context.clear_cookies()  # type: ignore[attr-defined]
    assert planner.request.get(found["download"]).status == 403  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/metrics",
        "/_stcore/agent/openapi.json",
        "/_stcore/agent/mcp",
        "/_stcore/upload_file/x/y",
        "/media/x.csv",
        "/app/static/access.toml",
        "/component/geoparty.pages.boundaries.geoparty_map/layer.js",
        "//media/x.csv",
        "/x/../media/x.csv",
    ],
)
def test_nothing_but_the_empty_frame_answers_before_sign_in(
    served: str, path: str, figures: Counter[str]
) -> None:
    connection = http.client.HTTPConnection(served.removeprefix("http://"))
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"):
        connection.request(method, path)
        answer = connection.getresponse()
        answer.read()
        figures["access: requests before sign-in"] += 1
        assert answer.status in (400, 403), (method, answer.status)
    connection.close()


@pytest.mark.parametrize("path", ["/access.toml", "/.streamlit/secrets.toml", "/audit.jsonl"])
def test_files_of_the_project_are_not_served(served: str, path: str, folder: Path) -> None:
    """Whatever such an address gives, it is the empty frame."""
    with urllib.request.urlopen(f"{served}{path}") as answer:  # noqa: S310 - our own server
        assert b"<title>Streamlit</title>" in answer.read()


def test_the_audit_log_names_who_took_what_and_carries_no_counts(folder: Path) -> None:
    """Of the download above; the line is there before its bytes are."""
    lines = [json.loads(line) for line in (folder / "audit.jsonl").read_text("utf-8").splitlines()]
    assert {(line["who"], line["action"]) for line in lines} == {(PEOPLE[0], "export")}
    assert all(set(line) == {"at", "who", "action", "what", "area"} for line in lines)
    assert all(line["what"].endswith(".csv") for line in lines)
