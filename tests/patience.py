"""How tests wait: for what is to be seen, and as long as a loaded machine may take to show it.

A test waits for a state, never for a time that would be long enough; ``PATIENCE_S`` is only how
long it takes to give up.
"""

import time
import urllib.error
import urllib.request

import pytest

PATIENCE_S = 300.0
PATIENCE_MS = 1000 * PATIENCE_S

# Streamlit's script has run, nothing that is shown is of the run before, nothing is fading, and
# that for a while: what the map answers starts another run.
_SETTLED = """quiet => {
    const app = document.querySelector('[data-test-script-state]');
    const moving = animation => animation.playState === 'running'
        && animation.effect.getComputedTiming().iterations !== Infinity;
    const still = app && app.dataset.testScriptState === 'notRunning'
        && app.dataset.testConnectionState === 'CONNECTED'
        && !document.querySelector('[data-stale=true]') && !document.getAnimations().some(moving);
    const now = performance.now();
    if (!still || window.stillSince === undefined) window.stillSince = now;
    return now - window.stillSince >= quiet;
}"""


class Patient:
    """A browser whose pages wait for ``PATIENCE_S`` where nothing else is said."""

    def __init__(self, browser):
        self.browser = browser

    def new_context(self, **options):
        context = self.browser.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        return context

    def new_page(self, **options):
        return self.new_context(**options).new_page()


def settled(page, *, quiet_s=0.6):
    """Wait until a page of the app shows what it has to show and goes on showing it."""
    page.evaluate("() => { window.stillSince = undefined }")
    page.wait_for_function(_SETTLED, arg=1000 * quiet_s)


def steady(page, read, *, quiet_s=0.6):
    """What ``read`` returns, once it has returned the same for a while: maps move and grow."""
    deadline = time.monotonic() + PATIENCE_S
    found, since = read(), time.monotonic()
    while time.monotonic() < since + quiet_s:
        assert time.monotonic() < deadline, f"it goes on changing: {found}"
        page.wait_for_timeout(100)
        if (now := read()) != found:
            found, since = now, time.monotonic()
    return found


def until(page, condition):
    """Wait until ``condition`` holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        page.wait_for_timeout(50)


def answers(url, process):
    """Wait until a server answers; its process must go on running meanwhile."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, ConnectionError):
            assert process.poll() is None, "the server did not start"
            time.sleep(0.1)
    pytest.fail(f"the server did not answer within {PATIENCE_S:.0f} seconds")
