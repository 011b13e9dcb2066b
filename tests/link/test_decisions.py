"""Human decisions are kept, applied, and doubted when they no longer fit."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pandas as pd
import pytest

from geoparty.errors import InputError
from geoparty.link import (
    DECIDED_OUT,
    link_counts,
    link_places,
    review,
    save_override,
    unused_decisions,
)
from geoparty.read.overrides import OVERRIDES, read_overrides

DAY = date(2026, 5, 1)


@pytest.fixture(scope="module")
def linked(communes, read_of):
    rows = [
        {"place_id": "A", "place_name": "Bản Nà Sự", "commune_code": "03158"},
        {"place_id": "B", "place_name": "Bản Pá Mỳ", "commune_code": "03158"},
    ]
    return link_places(read_of(rows), communes)


def count(name, commune="Sín Thầu", **more):
    return {"place_name": name, "commune_name": commune, "members": 3, "cell_status": "own", **more}


def save(path, line, decision, unit_name="Bản Nà Sự", **more):
    return save_override(
        path,
        table=line["scope"],
        key=line["key"],
        decision=decision,
        unit_name=unit_name,
        reason="tên cũ",
        day=DAY,
        **more,
    )


def test_a_decision_is_used_next_time_in_any_order_of_rows(communes, linked, read_of, tmp_path):
    rows = [count("Bản Lạ"), count("Nà Sự")]
    counts = link_counts(read_of(rows), linked.frame, communes)
    lines = review(linked, counts)
    assert lines[["scope", "place_name", "outcome", "row"]].to_numpy().tolist() == [
        ["counts", "Bản Lạ", "unmatched", 2]
    ]
    assert [unit for unit, _, _ in lines.loc[0, "candidates"]]
    decided = save(tmp_path / "overrides.csv", lines.loc[0], "B", "Bản Pá Mỳ")
    again = link_counts(read_of(rows[::-1]), linked.frame, communes, overrides=decided)
    assert again.account["place_id"].tolist() == ["A", "B"]
    assert again.account["how"].tolist() == ["name", "override"]
    assert review(linked, again).empty
    assert read_overrides(tmp_path / "overrides.csv").loc[0, "date"] == "2026-05-01"


def test_one_decision_on_a_commune_settles_all_its_rows(communes, linked, read_of, tmp_path):
    rows = [count("Nà Sự", "Xứ Xa"), count("Pá Mỳ", "XỨ XA")]
    lines = review(linked, link_counts(read_of(rows), linked.frame, communes))
    assert lines[["scope", "n_rows"]].to_numpy().tolist() == [["communes", 2]]
    decided = save(tmp_path / "o.csv", lines.loc[0], "03158", "Sín Thầu")
    again = link_counts(read_of(rows), linked.frame, communes, overrides=decided)
    assert again.account["place_id"].tolist() == ["A", "B"]


def test_a_decision_on_a_commune_no_table_names_any_more_is_told(
    communes, linked, read_of, tmp_path
):
    rows = [count("Nà Sự", "Xứ Xa")]
    lines = review(linked, link_counts(read_of(rows), linked.frame, communes))
    decided = save(tmp_path / "o.csv", lines.loc[0], "03158", "Sín Thầu")
    frame = pd.DataFrame(rows)
    assert unused_decisions(decided, [frame.assign(commune_name="Khác"), frame]) == []
    told = unused_decisions(decided, [frame.assign(commune_name="Khác")])
    assert [(p.key, p.params["detail"]) for p in told] == [("link.override_unused", ["xứ xa"])]


def test_a_row_can_be_decided_out(communes, linked, read_of, tmp_path):
    rows = [count("Bản Lạ"), count("Nà Sự")]
    lines = review(linked, link_counts(read_of(rows), linked.frame, communes))
    decided = save(tmp_path / "o.csv", lines.loc[0], DECIDED_OUT, "")
    account = link_counts(read_of(rows), linked.frame, communes, overrides=decided).account
    assert account["outcome"].tolist() == ["rejected", "matched"]
    assert account.loc[0, "reason"] == "link.decided_out"


@pytest.mark.parametrize(
    ("decision", "unit_name", "rows", "told"),
    [
        ("Z", "Bản Z", ["Bản Lạ"], "link.override_unit_gone"),
        ("B", "Bản Tên Cũ", ["Bản Lạ"], "link.override_unit_renamed"),
        ("B", "Bản Pá Mỳ", ["Nà Sự"], "link.override_unused"),
    ],
)
def test_a_decision_that_no_longer_fits_is_told(
    communes, linked, read_of, decision, unit_name, rows, told
):
    key = "||||sín thầu||bản lạ"
    line = ["2026-05-01", "counts", key, decision, unit_name, ""]
    overrides = pd.DataFrame([line], columns=list(OVERRIDES), dtype="str")
    out = link_counts(
        read_of([count(r) for r in rows]), linked.frame, communes, overrides=overrides
    )
    assert told in [p.key for p in out.problems]
    assert all(p.text("vi") and p.text("en") for p in out.problems)
    assert "override" not in out.account["how"].tolist()


def test_two_planners_saving_at_once_keep_both_decisions(tmp_path):
    path = tmp_path / "overrides.csv"
    keys = [f"bản {i}" for i in range(12)]

    def decide(key):
        save(path, {"scope": "counts", "key": key}, "A")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(decide, keys))
    assert sorted(read_overrides(path)["key"]) == sorted(keys)
    names = {p.name for p in tmp_path.iterdir()} - {".overrides.csv.lock"}
    assert names == {"overrides.csv"}


def test_another_persons_decision_is_not_overwritten_unseen(tmp_path):
    path, line = tmp_path / "overrides.csv", {"scope": "counts", "key": "bản lạ"}
    save(path, line, "A")
    with pytest.raises(InputError, match="another person has decided"):
        save(path, line, "B")
    save(path, line, "B", seen="A")
    assert read_overrides(path)["decision"].tolist() == ["B"]


def test_a_file_that_is_not_decisions_is_refused(tmp_path):
    path = tmp_path / "overrides.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(InputError, match="lacks columns: date, table, key"):
        read_overrides(path)
    path.write_bytes("date,table,key,decision,unit_name,reason\n,,bản,,,".encode("utf-16"))
    with pytest.raises(InputError, match="UTF-8"):
        read_overrides(path)


def test_decisions_saved_by_excel_with_semicolons_are_read(tmp_path):
    path = tmp_path / "overrides.csv"
    path.write_text(";".join(OVERRIDES) + "\n2026-05-01;counts;k;A;Bản A;\n", "utf-8-sig")
    assert read_overrides(path)["decision"].tolist() == ["A"]


def test_a_commune_chosen_for_a_row_is_where_its_place_is_looked_for(
    communes, linked, read_of, tmp_path
):
    twins = communes.assign(commune_name="Sín Thầu")
    rows = [count("Nà Sự")]
    lines = review(linked, link_counts(read_of(rows), linked.frame, twins))
    assert lines[["scope", "reason"]].to_numpy().tolist() == [["counts", "link.several_communes"]]
    assert "03158" in [unit for unit, _, _ in lines.loc[0, "candidates"]]
    decided = save(tmp_path / "o.csv", lines.loc[0], "03158", "Sín Thầu")
    again = link_counts(read_of(rows), linked.frame, twins, overrides=decided)
    assert again.account["place_id"].tolist() == ["A"]
    assert again.problems == ()
