"""Frames take the schema's types, and missing never becomes zero."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoparty import schema
from geoparty.errors import ArgumentError


@given(st.lists(st.none() | st.integers(0, 10**6), max_size=20))
def test_missing_counts_stay_missing(values: list[int | None]) -> None:
    frame = pd.DataFrame({"members": pd.Series(values, dtype="object")})
    out = schema.conform(frame, schema.COUNTS)
    assert [None if v is pd.NA else int(v) for v in out["members"]] == values
    assert out["official_members"].isna().all()
    assert out.index.equals(frame.index)


def test_own_columns_are_kept_after_ours() -> None:
    out = schema.conform(pd.DataFrame({"office": ["x"], "members": [1]}), schema.COUNTS)
    assert list(out.columns) == [*schema.COUNTS, "office"]


def test_callers_frame_is_untouched() -> None:
    frame = pd.DataFrame({"members": [1.0, None]})
    schema.conform(frame, schema.COUNTS)
    assert frame["members"].dtype == "float64"


def test_missing_columns_are_named() -> None:
    with pytest.raises(ArgumentError, match="b, c"):
        schema.require_columns(pd.DataFrame({"a": [1]}), ["a", "b", "c"], of="places")
