"""Work that takes long: how far it is, the way out, and what others notice of it."""

import threading
import time

import pytest
from pages.test_browser import drawn
from patience import PATIENCE_S
from playwright.sync_api import expect

from geoparty.pages.jobs import Cancelled, Job, Jobs


def steps(told):
    for step in range(10_000):
        told("", step, 10_000)
        time.sleep(0.005)


def test_two_sessions_wait_for_one_job():
    made, kept, jobs = [], {}, Jobs(1)

    def make(told):
        made.append(1)
        time.sleep(0.1)
        return "plan"

    first, second = (jobs.start("k", make, lambda value: kept.update(k=value)) for _ in range(2))
    assert first is second
    assert first.done.wait(PATIENCE_S)
    assert (first.result(), kept, made) == ("plan", {"k": "plan"}, [1])


def test_a_cancelled_job_stops_at_its_next_step_and_can_be_asked_for_again():
    jobs = Jobs(1)
    first = jobs.start("k", steps, print)
    jobs.cancel("k")
    assert first.done.wait(PATIENCE_S)
    with pytest.raises(Cancelled):
        first.result()
    again = jobs.start("k", lambda told: 7, lambda value: None)
    assert again.done.wait(PATIENCE_S)
    assert again.result() == 7


def test_nobody_takes_away_what_another_waits_for():
    jobs, stop = Jobs(1), threading.Event()
    job = jobs.start("k", lambda told: stop.wait(PATIENCE_S), lambda value: None)
    with job.wanted():
        jobs.cancel("k")
        stop.set()
        assert job.done.wait(PATIENCE_S)
    assert job.result() is True


def test_a_job_cancelled_by_who_still_waits_stops_when_the_wait_ends():
    """A click starts the page anew while the run before it still waits."""
    jobs = Jobs(1)
    job = jobs.start("k", steps, print)
    with job.wanted():
        jobs.cancel("k")
        assert not job.cancelled.is_set()
    assert job.done.wait(PATIENCE_S)
    with pytest.raises(Cancelled):
        job.result()


def test_what_goes_wrong_reaches_who_waits():
    job = Job(lambda told: 1 / 0)
    job.run(print)
    with pytest.raises(ZeroDivisionError):
        job.result()


@pytest.mark.browser
def test_a_long_plan_can_be_cancelled_and_keeps_nobody_waiting(chromium, slow_server):
    tabs = [chromium.new_context(base_url=slow_server, viewport={"width": 1366, "height": 900})]
    tabs.append(chromium.new_context(base_url=slow_server))
    one, other = (context.new_page() for context in tabs)
    one.goto("/classes")
    box = drawn(one)
    box.evaluate("() => { window.stays = true }")
    n_sites = one.get_by_test_id("stMetricValue").first
    more = str(int(n_sites.inner_text()) + 1)
    one.get_by_role("button", name="Thêm một lớp").click()
    full = one.get_by_role("button", name="Tính kỹ")
    full.wait_for()
    expect(n_sites).to_have_text(more)
    full.click()
    cancel = one.get_by_role("button", name="Dừng lại")
    cancel.wait_for()
    one.get_by_test_id("stProgress").get_by_text("giây").wait_for()

    other.goto("/gaps")
    drawn(other)
    other.get_by_role("radio", name="English").click()
    other.get_by_text("SYNTHETIC DATA").wait_for()
    expect(cancel).to_be_visible()  # the plan is still being made

    cancel.click()
    cancel.wait_for(state="detached")
    drawn(one)
    assert box.evaluate("() => window.stays") is True
    expect(n_sites).to_have_text(more)  # as it was before planning in full was asked for
    expect(full).to_be_visible()
    for context in tabs:
        context.close()  # the server ends at once only where the plan was given up
