"""The app with planning that takes its time: ``streamlit run slow_app.py -- FOLDER``."""

import sys
import time
from pathlib import Path

from geoparty import pipeline
from geoparty.pages import main

STEPS = 10_000


def slow(*given, progress=None, **named):
    """Plan as always, after half an hour of steps: who waits cancels."""
    for step in range(STEPS):
        if progress is not None:
            progress(step, STEPS)
        time.sleep(0.2)
    return slow.plan_case(*given, progress=progress, **named)


if __name__ == "__main__":
    slow.plan_case = getattr(pipeline.plan_case, "plan_case", pipeline.plan_case)
    pipeline.plan_case = slow
    main(Path(sys.argv[-1]))
