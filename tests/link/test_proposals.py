"""Which unit is proposed first, and when one mistake is too little to decide by."""

import pandas as pd

from geoparty.link import match
from geoparty.link.communes import commune_of


def found(names, written):
    """Match names written in one commune; return what was decided and what comes first else."""
    units = pd.DataFrame({"name": names, "commune": "A"}, index=names)
    rows = pd.DataFrame({"name": written, "commune": "A"})
    out = match(rows, units, name="name", parent="commune")
    first = {}
    for part in (out.ambiguous, out.unmatched):
        first |= {row: pairs[0][0] for row, pairs in part["candidates"].items() if pairs}
    return out.matched["unit"].to_dict(), first


def test_a_syllable_left_out_is_likelier_than_two_letters_mistyped():
    names = ["Bản Tân Thành", "Bản Tân Khánh Trung", "Bản Na Sang"]
    assert found(names, ["Bản Tân Khánh"]) == ({}, {0: "Bản Tân Khánh Trung"})


def test_a_name_that_lacks_a_syllable_of_another_is_not_decided_as_a_mistyping():
    assert found(["Bản Vĩnh Công", "Bản Na Sang"], ["Bản Vĩnh Công"])[0] == {0: "Bản Vĩnh Công"}
    names = ["Bản Vĩnh Công", "Bản Thanh Vĩnh Công"]
    assert found(names, ["Bản Vĩnh Cônh"])[0] == {0: "Bản Vĩnh Công"}
    decided, first = found(names, ["Bản Vĩnh Cống", "Bản Thanh Vĩnh"])
    assert (decided, first[1]) == ({}, "Bản Thanh Vĩnh Công")
    assert found(["Bản Phước Long A"], ["Bản Phước Long"]) == ({}, {0: "Bản Phước Long A"})


def test_a_unit_that_another_row_names_is_proposed_after_one_that_is_free():
    names = ["Bản Tuy An Bắc", "Bản Tuy An Nam", "Bản Tuy An Đông"]
    decided, first = found(names, ["Bản Tuy An", "Bản Tuy An Bắc", "Bản Tuy An Nam"])
    assert decided == {1: "Bản Tuy An Bắc", 2: "Bản Tuy An Nam"}
    assert first == {0: "Bản Tuy An Đông"}


def test_communes_may_have_many_rows_yet_those_not_named_come_first(communes):
    four = pd.concat([communes, communes.set_axis(["1", "2"], axis=0)])
    four["commune_name"] = ["Pá Hương Thượng", "Nà Bủng", "Pá Hương Hạ", "Nậm Khoa"]
    rows = pd.DataFrame({"commune_name": ["Pá Hương Hạ"] * 2 + ["Pá Hương", "Nậm Khoaa"] * 2})
    out = commune_of(rows, four)
    assert out["commune_code"].tolist() == ["1", "1", None, "2", None, "2"]
    assert [pairs[0][0] for pairs in out.loc[[2, 4], "candidates"]] == ["03158", "03158"]
