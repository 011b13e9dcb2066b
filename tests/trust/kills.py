"""Kill a working process at random moments and look at what it leaves behind."""

import os
import signal
import time
from collections.abc import Callable

import numpy as np


def killed_at_random(
    work: Callable[[], object],
    look: Callable[[], object],
    *,
    times: int,
    longest_s: float,
    rng: np.random.Generator,
) -> int:
    """Run ``work`` over and over in a child, kill it, and ``look``; return kills survived.

    ``look`` raises when what is left cannot be used. The child is a fork, so that the time of
    death falls into the work and not into starting Python.
    """
    for _ in range(times):
        child = os.fork()
        if child == 0:
            try:
                while True:
                    work()
            finally:
                os._exit(1)
        time.sleep(float(rng.uniform(0, longest_s)))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the work failed before it was killed"
        look()
    return times
