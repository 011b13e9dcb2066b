"""Kill a working process at random moments and look at what it leaves behind."""

import itertools
import os
import signal
import time
from collections.abc import Callable

import numpy as np

TIMES = int(os.environ.get("GEOPARTY_KILLS", "20"))
"""Kills of all tests together; ``GEOPARTY_KILLS=200`` for the figure of docs/trust.md."""
SHARES = {
    "writing outputs": 0.3,
    "whole runs": 0.1,
    "decisions": 0.2,
    "scenarios": 0.15,
    "uploads": 0.15,
    "the app": 0.1,
}


def times(what: str) -> int:
    """Return how many kills one test does."""
    return max(2, round(TIMES * SHARES[what]))


def killed_at_random(
    work: Callable[[int, int], object],
    look: Callable[[int, int], object],
    *,
    times: int,
    longest_s: float,
    rng: np.random.Generator,
) -> int:
    """Do ``work`` over and over in a child, kill it, and ``look``; return kills survived.

    Both get the number of the kill; ``work`` also how often it was done before, ``look`` how
    often it was done to the end. ``look`` raises when what is left cannot be used. The child is
    a fork, so that the time of death falls into the work and not into starting Python.
    """
    for kill in range(times):
        receive, send = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                for done in itertools.count():
                    work(kill, done)
                    os.write(send, b".")
            finally:
                os._exit(1)
        os.close(send)
        time.sleep(float(rng.uniform(0, longest_s)))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the work failed before it was killed"
        with os.fdopen(receive, "rb") as pipe:
            look(kill, len(pipe.read()))
    return times
