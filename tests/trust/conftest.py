"""Figures the tests of this folder add up, printed at the end of the run."""

from collections import Counter

import pytest

_FIGURES = pytest.StashKey[Counter[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = Counter()


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Counter[str]:
    """Counts by name: ``figures["access: requests"] += 1``."""
    return pytestconfig.stash[_FIGURES]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    figures = terminalreporter.config.stash[_FIGURES]
    if figures:
        terminalreporter.section("figures of docs/trust.md")
    for name, number in sorted(figures.items()):
        terminalreporter.write_line(f"{name}: {number}")
