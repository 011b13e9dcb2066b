"""Fixtures every test may use."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from patience import PATIENCE_MS, Patient

# Speed is measured in benchmarks/, never by a test; CI draws the same cases every time.
settings.register_profile(
    "geoparty",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("geoparty")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real data pack beside the project; skipped where it is absent.

    With GEOPARTY_REQUIRE_REAL_DATA=1, as in CI, absence fails instead.
    """
    folder = ROOT.parent / "shared" / "data"
    if folder.is_dir():
        return folder
    reason = "the real data pack is not beside the project (../shared/data)"
    if os.environ.get("GEOPARTY_REQUIRE_REAL_DATA"):
        pytest.fail(reason)
    pytest.skip(reason)


CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium():
    """A real Chromium; skipped where there is none, failed where one is required."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None:
        reason = "no Chromium on this machine (apt-get install chromium)"
        if os.environ.get("GEOPARTY_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(CHROMIUM_FLAGS))
        yield Patient(browser)
        browser.close()
