"""A small project of made-up communes, its results, and the app served in a real browser."""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from patience import PATIENCE_S, answers
from streamlit.testing.v1 import AppTest

from geoparty import sample
from geoparty.pages import shell, store
from geoparty.project import open_project

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A synthetic project of six communes, planned within a second."""
    where = tmp_path_factory.mktemp("project")
    communes = sample.invent_communes(6, seed=3)
    made = sample.make_sample(communes, places_per_commune=10, seed=3, n_snapshots=2)
    sample.write_sample(made, where)
    text = (where / "project.toml").read_text("utf-8")
    assert "# time_limit_s = 20.0" in text
    text = text.replace("# time_limit_s = 20.0", "time_limit_s = 1.0")
    (where / "project.toml").write_text(text, "utf-8")
    return where


@pytest.fixture
def own(folder, tmp_path):
    """A project this test may change."""
    copy = tmp_path / "project"
    shutil.copytree(folder, copy)
    return open_project(copy)


@pytest.fixture(scope="session")
def project(folder):
    return open_project(folder)


@pytest.fixture(scope="session")
def results(project):
    from geoparty import pipeline

    return pipeline.run(project)


def script(folder, run):
    from geoparty.pages import main

    main(folder, run=run)


@pytest.fixture
def app(folder, results, monkeypatch):
    """Open the app on a page, with choices made, and return it once drawn."""

    def opened(page="gaps", *, given=results, folder=folder, **choices):
        monkeypatch.setattr(shell, "_navigation", lambda language: page)
        run = lambda project, *, progress: given  # noqa: E731
        app = AppTest.from_function(
            script, default_timeout=PATIENCE_S, kwargs={"folder": folder, "run": run}
        )
        app.session_state["_linked"] = True
        app.session_state["_opened_on"] = None
        for name, value in choices.items():
            app.session_state[name] = value
        app.run()
        assert not app.exception
        return app

    _forget()
    yield opened
    _forget()


def _forget():
    store.store.clear()
    store.drawings.clear()


@contextmanager
def served(folder, script):
    """Address of a script of the app, served for the small project."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    options = {
        "server.address": "127.0.0.1",
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "global.developmentMode": "false",
        "client.toolbarMode": "minimal",
        "theme.primaryColor": "#1f5f8b",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *flags]
    with subprocess.Popen(
        [*command, "--", str(folder)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        answers(f"{address}/_stcore/health", process)
        yield address
        process.terminate()


@pytest.fixture(scope="session")
def server(folder, chromium):
    """Address of the app, served for the small project."""
    with served(folder, ROOT / "geoparty/pages/entry/local.py") as address:
        yield address


@pytest.fixture
def slow_server(folder, chromium):
    """Address of the app where a plan in full takes half an hour."""
    with served(folder, Path(__file__).with_name("slow_app.py")) as address:
        yield address


@pytest.fixture
def page(chromium, server):
    """A fresh browser page; every host but the app is blocked, and none may be asked for."""
    context = chromium.new_context(
        viewport={"width": 1366, "height": 900}, accept_downloads=True, base_url=server
    )
    outside = []

    def gate(route):
        if route.request.url.startswith((server, "data:", "blob:")):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    context.route("**/*", gate)
    tab = context.new_page()
    yield tab
    context.close()
    assert outside == []
