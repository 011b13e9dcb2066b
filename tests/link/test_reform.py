"""Old and new names and codes: known collisions are never decided wrongly."""

import geopandas as gpd
import pandas as pd
import pytest

from geoparty.link import bundled_crosswalk, link_counts, link_places
from geoparty.link.communes import commune_of
from geoparty.link.names import strip_marks

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def country(real_data):
    path = real_data / "boundaries" / "communes_vn.parquet"
    columns = ["code", "name", "type", "province_code", "province_name", "geometry"]
    communes = gpd.read_parquet(path, columns=columns).set_index("code")
    communes = communes.rename(columns={"name": "commune_name", "type": "commune_type"})
    return communes.rename_axis("commune_code")


@pytest.fixture(scope="module")
def dien_bien(country):
    return country[country["province_code"] == "11"]


def found(communes, *rows, sheet="s", points=None):
    """Return the codes decided for rows written on one sheet, None where undecided."""
    frame = pd.DataFrame(rows).assign(file="f", sheet=sheet)
    at = None
    if points is not None:
        at = pd.DataFrame({"row": range(len(points)), "commune_code": points}).dropna()
    out = commune_of(frame, communes, at=at)
    return [None if pd.isna(code) else code for code in out["commune_code"]]


NEW_SIGN = {"commune_name": "Xã Mường Toong"}  # the same in both lists: tells nothing
OLD_SIGN = {"commune_name": "xã Huổi Lếch"}  # only before the reform


def name(text, **more):
    return {"commune_name": text, **more}


def test_old_and_new_sam_mun(dien_bien):
    assert found(dien_bien, name("Sam Mứn")) == [None]
    assert found(dien_bien, name("Sam Mứn", commune_code="03356")) == ["03356"]
    assert found(dien_bien, name("Sam Mứn", commune_code="03355")) == ["03352"]
    assert found(dien_bien, name("Sam Mứn", district_name="Điện Biên")) == ["03352"]
    assert found(dien_bien, name("Sam Mứn"), OLD_SIGN)[0] == "03352"
    dated = [name("Sam Mứn", as_of=pd.Timestamp(day)) for day in ("2024-12-31", "2026-01-01")]
    assert found(dien_bien, *dated) == ["03352", "03356"]
    at = ["03352", "03356", "03158"]
    assert found(dien_bien, *[name("Sam Mứn")] * 3, points=at) == ["03352", "03356", None]


def test_old_and_new_muong_cha(dien_bien):
    """The old town is in Na Sang; the new commune has code 03166."""
    na_sang = dien_bien.index[dien_bien["commune_name"] == "Na Sang"][0]
    assert found(dien_bien, name("Thị trấn Mường Chà")) == [na_sang]
    assert found(dien_bien, name("Mường Chà", commune_code="03166")) == ["03166"]
    assert found(dien_bien, name("Mường Chà"))[0] is None


def test_old_and_new_na_bung(dien_bien):
    """Old 03170 and Vàng Đán (03176) are new Nà Bủng, whose code is 03176."""
    rows = [
        name("Nà Bủng"),
        name("Nà Bủng", commune_code="03170"),
        name("Nà Bủng", commune_code="03176"),
        name("Vàng Đán"),
        name("Vàng Đán", commune_code="03176"),
        {"commune_code": "03176"},
    ]
    assert found(dien_bien, *rows) == ["03176"] * 6


def test_a_code_with_the_name_of_another_old_unit_is_not_guessed(dien_bien):
    assert found(dien_bien, name("Vàng Đán", commune_code="03158")) == [None]


def test_both_nga_my(country):
    """Old 16903 (Nghệ An) is new 16903; old 05956 (Thái Nguyên) went into Điềm Thuỵ."""
    diem_thuy = country.index[country["commune_name"] == "Điềm Thuỵ"][0]
    rows = [
        name("Nga My", province_name="Nghệ An"),
        name("Nga My", province_name="Thái Nguyên"),
        name("Nga My", commune_code="16903"),
        name("Nga My", commune_code="05956"),
        name("Nga My"),
    ]
    sheets = [str(i) for i in range(len(rows))]
    expected = ["16903", diem_thuy, "16903", diem_thuy, None]
    assert found(country, *rows, sheet=sheets) == expected


def test_pairs_equal_without_diacritics_inside_one_province(country):
    bare = country["commune_name"].map(strip_marks)
    key = pd.DataFrame({"province": country["province_name"], "bare": bare})
    pairs = country[key.duplicated(keep=False)]
    assert len(pairs) >= 16
    provinces = pairs["province_name"]
    bare_rows = [
        name(strip_marks(n), province_name=p)
        for n, p in zip(pairs["commune_name"], provinces, strict=True)
    ]
    assert found(country, *bare_rows) == [None] * len(pairs)
    full = pairs["commune_type"] + " " + pairs["commune_name"]
    rows = [name(n, province_name=p) for n, p in zip(full, provinces, strict=True)]
    codes = found(country, *rows)
    assert all(c in (None, code) for c, code in zip(codes, pairs.index, strict=True))


def test_full_names_shared_across_provinces_need_the_province(country):
    full = country["commune_type"] + " " + country["commune_name"]
    shared = country[full.duplicated(keep=False)]
    assert len(shared) == 572
    names = full[shared.index]
    assert found(country, *[name(n) for n in names]) == [None] * 572
    provinces = zip(names, shared["province_name"], strict=True)
    rows = [name(n, province_name=p) for n, p in provinces]
    assert found(country, *rows) == shared.index.tolist()


WARDS_OF_APRIL_2026 = {
    "25270": "Lộc Ninh",
    "25357": "Tân Khai",
    "25363": "Đồng Phú",
    "26116": "Tân Phú",
    "26170": "Trị An",
    "26248": "Trảng Bom",
    "26326": "Dầu Giây",
    "26368": "Long Thành",
    "26425": "Xuân Lộc",
    "26485": "Nhơn Trạch",
}
"""Xã of Đồng Nai that became phường on 30 April 2026, when the province became a city."""
PROVINCE = ("Tỉnh Đồng Nai", "thành phố Đồng Nai")


@pytest.fixture(scope="module", params=["boundaries of 2026", "boundaries of 2025"])
def dong_nai(country, request):
    """Return the communes of Đồng Nai by the list of today, and as they were until April 2026."""
    communes = country[country["province_code"] == "75"].copy()
    changed = communes.index.isin(list(WARDS_OF_APRIL_2026))
    assert set(communes["commune_type"][changed]) == {"phường"}
    if request.param.endswith("2025"):
        communes.loc[changed, "commune_type"] = "xã"
    return communes


def test_the_wards_of_april_2026_are_those_of_the_list(dong_nai):
    named = dong_nai["commune_name"].loc[list(WARDS_OF_APRIL_2026)]
    assert named.to_dict() == WARDS_OF_APRIL_2026


@pytest.mark.parametrize("province", PROVINCE)
@pytest.mark.parametrize("kind", ["xã ", "P. ", ""])
@pytest.mark.parametrize("day", [None, "2026-04-29", "2026-04-30"])
def test_wards_of_april_2026_by_either_kind_and_either_province(dong_nai, province, kind, day):
    """Before they are xã of a tỉnh, after phường of a city; code, name and area stay."""
    dated = {} if day is None else {"as_of": pd.Timestamp(day)}
    named = WARDS_OF_APRIL_2026.items()
    coded = [name(f"{kind}{n}", commune_code=c, province_name=province, **dated) for c, n in named]
    assert found(dong_nai, *coded) == list(WARDS_OF_APRIL_2026)
    if day is not None:  # without a date an old unit of that name may be meant
        rows = [name(f"{kind}{n}", province_name=province, **dated) for _, n in named]
        assert found(dong_nai, *rows) == list(WARDS_OF_APRIL_2026)


@pytest.mark.parametrize("province", PROVINCE)
def test_all_of_dong_nai_by_name_under_either_kind_of_province(dong_nai, province):
    day = pd.Timestamp("2026-06-30")
    full = dong_nai["commune_type"] + " " + dong_nai["commune_name"]
    rows = [name(n, province_name=province, as_of=day) for n in full]
    assert found(dong_nai, *rows) == dong_nai.index.tolist()


def test_old_units_of_dong_nai_and_binh_phuoc_lead_into_the_city(dong_nai):
    """The crosswalk of July 2025 holds after April 2026: no code and no area changed then."""
    crosswalk = bundled_crosswalk()
    old = crosswalk[crosswalk["legacy_province_name"].isin(["Đồng Nai", "Bình Phước"])]
    assert set(old["commune_code"]) == set(dong_nai.index)
    whole = old[~old["legacy_code"].duplicated(keep=False)]
    rows = [
        name(f"{u.legacy_type} {u.legacy_name}", district_name=u.legacy_district_name,
             province_name=u.legacy_province_name, commune_code=u.legacy_code,
             as_of=pd.Timestamp("2025-06-30"))
        for u in whole.itertuples()
    ]  # fmt: skip
    assert found(dong_nai, *rows) == whole["commune_code"].tolist()


def test_a_split_unit_is_decided_by_its_point_only(country):
    crosswalk = bundled_crosswalk().dropna(subset="legacy_code")
    split = crosswalk[crosswalk["legacy_code"].duplicated(keep=False)]
    rows = pd.DataFrame(
        {
            "commune_name": split["legacy_name"],
            "district_name": split["legacy_district_name"],
            "province_name": split["legacy_province_name"],
        }
    ).reset_index(drop=True)
    assert commune_of(rows, country)["commune_code"].isna().all()
    at = pd.DataFrame({"row": rows.index, "commune_code": split["commune_code"].to_numpy()})
    decided = commune_of(rows, country, at=at)
    assert decided["commune_code"].tolist() == split["commune_code"].tolist()
    assert set(decided["how"]) == {"location"}


def test_every_old_unit_by_name_and_district(country):
    crosswalk = bundled_crosswalk()
    old = crosswalk[~crosswalk["legacy_code"].duplicated(keep=False)]
    rows = pd.DataFrame(
        {
            "commune_name": old["legacy_type"] + " " + old["legacy_name"],
            "district_name": old["legacy_district_name"],
            "province_name": old["legacy_province_name"],
            "file": "f",
            "sheet": "",
        }
    )
    out = commune_of(rows, country)
    assert (out["commune_code"] == old["commune_code"]).all()
    assert len(old) == 9_569 - 5  # the five island districts have no code


def test_bundled_crosswalk_agrees_with_the_pack(real_data):
    path = real_data / "crosswalk" / "legacy_to_2025.csv"
    pack = pd.read_csv(path, dtype=str, keep_default_na=False)
    own = bundled_crosswalk().fillna("")
    columns = ["legacy_code", "legacy_name", "legacy_district_name", "commune_code"]
    rows = [set(map(tuple, table[columns].to_numpy())) for table in (pack, own)]
    assert rows[0] == rows[1]


def test_counts_of_an_old_unit_go_to_the_place_that_names_it(dien_bien, read_of):
    """Two old communes each had a Bản Mới; both are in Nà Bủng now."""
    rows = [
        {"place_id": "A", "place_name": "Bản Mới", "commune_name": "Vàng Đán"},
        {"place_id": "B", "place_name": "Bản Mới", "commune_name": "Nà Bủng", "commune_code": None},
        {"place_id": "C", "place_name": "Bản Cũ", "commune_name": "xã Huổi Lếch"},
    ]
    places = link_places(read_of(rows), dien_bien).frame
    assert places.loc["A", "legacy_id"] == "03176"
    counts = [
        {"place_name": "Bản Mới", "commune_name": "Vàng Đán", "members": 3, "cell_status": "own"},
        {"place_name": "Bản Mới", "commune_name": "Nà Bủng", "members": 4, "cell_status": "own"},
    ]
    account = link_counts(read_of(counts), places, dien_bien).account
    assert account.loc[0, ["outcome", "place_id"]].tolist() == ["matched", "A"]
    assert account.loc[1, "place_id"] in ("B", "")
