"""The account of one table's rows: which are set aside, why, and where they are."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from geoparty.errors import Problem, Severity
from geoparty.schema import SOURCE_COLUMNS, Read

_MOST = 50
"""Different bad values carried with a problem."""


Then = Literal["reject", "doubt", "warn"]
"""What becomes of the rows of a fault: set aside; they stay, the value unknown; they stay."""


class Faults:
    """Faults met in the rows of one input, gathered while its columns are cleaned.

    ``source`` has SOURCE_COLUMNS, one line per row read. Masks and details are on its index.
    A row is set aside once, for the first fault found; every fault is listed.
    """

    def __init__(self, source: pd.DataFrame) -> None:
        self.source = source[list(SOURCE_COLUMNS)]
        self.problems: list[Problem] = []
        self._reason = pd.Series("", index=source.index, dtype="str")
        self._detail = pd.Series("", index=source.index, dtype="str")

    @property
    def is_rejected(self) -> pd.Series[bool]:
        """Which rows are set aside so far."""
        return self._reason != ""

    def add(
        self,
        mask: pd.Series[bool] | np.ndarray[Any, Any],
        key: str,
        *,
        then: Then = "reject",
        column: str | None = None,
        detail: pd.Series[Any] | None = None,
        severity: Severity | None = None,
    ) -> None:
        """List the rows of ``mask``; those that stay only where they are not set aside already.

        ``severity`` is an error if not given, a warning of ``warn``.
        """
        mask = np.asarray(mask, dtype=bool)
        fresh = mask & ~self.is_rejected.to_numpy()
        if then != "reject":
            mask = fresh
        if not mask.any():
            return
        words = self._words(mask, detail)
        if then == "reject":
            self._reason[fresh] = key
            self._detail[fresh] = words[fresh[mask]]
        self._list(mask, key, column, words, severity or ("warning" if then == "warn" else "error"))

    def settle(self, frame: pd.DataFrame, *, totals: pd.DataFrame | None = None) -> Read:
        """Return the reading: ``frame`` (index of ``source``) without the rows set aside."""
        aside = self.is_rejected
        rejected = self.source[aside].assign(reason=self._reason[aside], detail=self._detail[aside])
        rest = {} if totals is None else {"totals": totals}
        return Read(
            frame=frame[~aside.to_numpy()].reset_index(drop=True),
            problems=tuple(self.problems),
            rejected=rejected.reset_index(drop=True),
            **rest,
        )

    def _words(
        self, mask: np.ndarray[Any, Any], detail: pd.Series[Any] | None
    ) -> np.ndarray[Any, Any]:
        if detail is None:
            return np.full(int(mask.sum()), "", dtype=object)
        return np.array([str(value)[:80] for value in detail.astype("object")[mask]], dtype=object)

    def _list(
        self,
        mask: np.ndarray[Any, Any],
        key: str,
        column: str | None,
        words: np.ndarray[Any, Any],
        severity: Severity,
    ) -> None:
        listed = self.source[mask].assign(detail=words)
        for (file, sheet), rows in listed.groupby(["file", "sheet"], sort=False):
            self.problems.append(
                Problem(
                    key=key,
                    params={"detail": list(dict.fromkeys(rows["detail"]))[:_MOST], "n": len(rows)},
                    file=str(file),
                    sheet=str(sheet) or None,
                    rows=tuple(int(row) for row in rows["row"]),
                    column=column,
                    severity=severity,
                )
            )
