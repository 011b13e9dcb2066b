"""One family of errors: many problems at once, each with where it is and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from geoparty import words

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One fault of the input, in data so that it can be shown in either language.

    ``key`` names the catalogue entry (``read.missing_column``) whose text says what is
    wrong and what to do; ``params`` fill its placeholders, a list or tuple of names as the first
    few and how many more. ``rows`` are numbered as the
    user sees them: 1 is the first line of the sheet or file. ``severity`` is ``warning``
    only when the result still stands.
    """

    key: str
    params: Mapping[str, Any] = field(default_factory=dict)
    file: str | None = None
    sheet: str | None = None
    rows: tuple[int, ...] = ()
    column: str | None = None
    severity: Severity = "error"

    def where(self, language: words.Language = "vi") -> str:
        """Return file, sheet, rows and column as one phrase, empty when unknown."""
        parts = [
            words.text(f"errors.{name}", language, value=value)
            for name, value in (("file", self.file), ("sheet", self.sheet))
            if value
        ]
        if self.rows:
            listed = words.listing([str(r) for r in self.rows], language, most=5)
            parts.append(
                words.text(
                    "errors.row" if len(self.rows) == 1 else "errors.rows", language, value=listed
                )
            )
        if self.column:
            parts.append(words.text("errors.column", language, value=self.column))
        return ", ".join(parts)

    def what(self, language: words.Language = "vi") -> str:
        """Return what is wrong and what to do, without the place."""
        params = {
            name: words.listing([str(v) for v in value], language)
            if isinstance(value, (list, tuple))
            else value
            for name, value in self.params.items()
        }
        return words.text(self.key, language, **params)

    def text(self, language: words.Language = "vi") -> str:
        """Return the whole message: where, what, and what to do.

        Examples
        --------
        >>> Problem(key="errors.more", params={"n": 2}, file="a.xlsx", rows=(4,)).text("en")
        'file a.xlsx, row 4: and 2 more'
        """
        where, what = self.where(language), self.what(language)
        return f"{where}: {what}" if where else what


class GeopartyError(Exception):
    """Base of every error the program raises on purpose; carries its problems.

    ``str()`` is English, for logs and developers; :meth:`text` is what a user is shown.
    """

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(self.text("en"))

    def text(self, language: words.Language = "vi") -> str:
        """Return all problems, one a line, headed by how many when there are several."""
        lines = [problem.text(language) for problem in self.problems]
        if len(lines) == 1:
            return lines[0]
        return "\n".join([words.text("errors.n_problems", language, n=len(lines)), *lines])


class InputError(GeopartyError, ValueError):
    """A file or table cannot be used as it is."""


class SettingsError(GeopartyError, ValueError):
    """The project file or an option is wrong."""


class PersonalDataError(InputError):
    """The table looks like records of persons; the product holds counts per place only."""


class ArgumentError(GeopartyError, ValueError):
    """A function was called with data it cannot answer for (shapes, CRS, negative costs)."""


def raise_errors(problems: Iterable[Problem]) -> None:
    """Raise :class:`InputError` with every problem of severity ``error``, if any.

    Examples
    --------
    >>> raise_errors([Problem(key="errors.more", params={"n": 1}, severity="warning")])
    """
    errors = [p for p in problems if p.severity == "error"]
    if errors:
        raise InputError(errors)
