"""What the pages say, without a browser."""

import json
import tomllib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from pages.conftest import script
from patience import PATIENCE_S
from streamlit.testing.v1 import AppTest

from geoparty.access import Person
from geoparty.assess import indicators
from geoparty.errors import InputError
from geoparty.pages import scenarios, session, signin
from geoparty.pages.isolation import NAMES, time_class
from geoparty.pages.speech import number, plain_key, share
from geoparty.plan import load_scenarios
from geoparty.settings import parse_settings


def message(app):
    """The message the map was given."""
    element = app.get("component_instance")[0]
    sent = json.loads(element.proto.json_args)["feature_group"]
    start = sent.index("geoparty.show(") + len("geoparty.show(")
    return json.JSONDecoder().raw_decode(sent[start:])[0]


def metrics(app):
    return [metric.value for metric in app.metric]


def words_of(app):
    return " ".join(element.value for element in (*app.markdown, *app.caption, *app.header))


def both_numbers(table, name, language="vi"):
    row = table[table["indicator"] == name].iloc[-1]
    return share(int(row["numerator"]), int(row["denominator"]), language)


def test_gaps_are_counted_out_of_the_places_that_reported(app, results):
    table = indicators(results.places)
    names = ("no_members", "no_cell", "unknown")
    shown = app()
    assert metrics(shown) == [both_numbers(table, name) for name in names]
    assert int(table.set_index("indicator").loc["no_members", "n_reported"]) < len(results.places)
    assert f"trong {len(results.places)} địa bàn" in shown.metric[0].help


def test_gaps_and_progress_tell_one_number(app, results):
    code = results.communes.index[1]
    assert metrics(app("gaps"))[:2] == metrics(app("progress"))[:2]
    assert metrics(app("gaps", commune=code))[:2] == metrics(app("progress", commune=code))[:2]


def test_a_commune_narrows_numbers_map_and_table(app, results):
    code = results.communes.index[2]
    inside = results.places[results.places["commune_code"].eq(code)]
    shown = app(commune=code, levels=["no_members", "no_cell", "joint_cell", "covered"])
    assert metrics(shown)[2].split("/")[1].startswith(str(len(inside)))
    chosen = inside["gap_level"].isin(["no_members", "no_cell", "joint_cell", "covered"])
    assert len(shown.dataframe[-1].value) == chosen.sum()
    drawn = message(shown)
    assert len(drawn["points"]["k"]) == (chosen & inside.geometry.notna()).sum()
    assert len(drawn["fill"]) - drawn["fill"].count("-") == 1


@pytest.mark.parametrize("page", ["gaps", "border", "isolation"])
def test_what_is_kept_of_a_page_never_reaches_another_area(app, results, monkeypatch, page):
    places = results.places
    shown = {"whole": app(page).dataframe[-1].value}
    for code in results.communes.index[:2]:
        who = Person(email="", role="planner", communes=frozenset({code}))
        monkeypatch.setattr(signin, "person", lambda language, who=who: who)
        drawn = app(page)
        shown[code] = drawn.dataframe[-1].value
        inside = set(places.loc[places["commune_code"].eq(code), "place_name"])
        assert set(shown[code]["Tên địa bàn"]) <= inside
        assert {n.split(" — ")[0] for n in message(drawn)["points"]["n"]} <= inside
    assert len({len(t) for t in shown.values()}) > 1


def test_points_travel_exactly(app, results):
    sent = message(app(levels=list(results.places["gap_level"].cat.categories)))
    points = results.places[results.places.geometry.notna()].geometry
    x, y = (np.cumsum(sent["points"][axis]) / 1e5 for axis in "xy")
    assert sorted(np.round(points.x, 5)) == pytest.approx(sorted(x))
    assert sorted(np.round(points.y, 5)) == pytest.approx(sorted(y))


def test_language_changes_every_word_and_no_number(app):
    vietnamese, english = app(lang="vi"), app(lang="en")
    assert vietnamese.header[0].value != english.header[0].value
    assert "DỮ LIỆU GIẢ LẬP" in vietnamese.warning[0].value
    assert "SYNTHETIC" in english.warning[0].value
    assert metrics(english)[0] == metrics(vietnamese)[0].replace(",", ".")
    assert message(vietnamese)["points"]["x"] == message(english)["points"]["x"]


def test_border_counts_border_communes(app, results):
    n = int(results.communes["is_border"].sum())
    shown = app("border")
    assert metrics(shown)[0] == share(n, len(results.communes), "vi")
    assert message(shown)["marks"].count("1") == n


@pytest.mark.parametrize("season", ["dry", "wet"])
def test_isolation_counts_by_season(app, results, season):
    flag = results.places[f"is_cut_off_{season}"]
    shown = app("isolation", season=season)
    assert metrics(shown)[0] == share(int(flag.sum()), int(flag.notna().sum()), "vi")


def test_isolation_shows_seasons_side_by_side_and_what_would_open_the_way(app, results, project):
    from geoparty import pipeline

    shown = app("isolation", season="wet", lang="en")
    seasons = shown.table[-1].value
    assert list(seasons.columns) == ["Dry season", "Wet season"]
    flag = results.places["is_cut_off_wet"].fillna(value=False).astype(bool)
    people = results.places.loc[flag, "population"].sum()
    assert seasons.loc["People where cut off", "Wet season"] == number(people, "en").replace(
        ",", "\\,"
    ) or seasons.loc["People where cut off", "Wet season"] == number(people, "en")
    report = pipeline.travel_of(results, project, n_best=3)
    assert report.places["cut_off_group_wet"].notna().sum() == flag.sum()
    frame = report.crossings["wet"].frame
    opens = frame[(frame["effect"] == "opens") & (frame["n_places"] > 0)]
    listed = [d.value for d in shown.dataframe if "Crossing" in d.value]
    if len(opens):
        assert listed[0]["Places"].tolist() == opens["n_places"].tolist()
        near = listed[0]["Near"].str.split(", ").str[0]
        assert near.isin(results.places["place_name"]).all()
        assert message(shown)["spots"] is not None


def test_crossings_are_those_of_the_filtered_area_and_the_one_chosen_is_shown_near(
    app, results, project
):
    from geoparty import pipeline

    found = pipeline.travel_of(results, project, n_best=3).crossings["wet"]
    turned = found.places.assign(commune=found.places["place"].map(results.places["commune_code"]))
    commune = turned["commune"].iloc[0]
    ours = set(turned.loc[turned["commune"] == commune, "crossing_id"])
    app("isolation", season="wet", lang="en")
    shown = app("isolation", season="wet", lang="en", commune=commune)
    listed = [d.value for d in shown.dataframe if "Crossing" in d.value]
    assert sum(map(len, listed)) == len(ours & set(found.frame.index)) < len(found.frame)
    chosen = turned["crossing_id"].iloc[0]
    near = message(app("isolation", season="wet", lang="en", crossing=chosen))
    places = results.places.geometry[turned.loc[turned["crossing_id"] == chosen, "place"]]
    (south, west), (north, east) = near["bounds"]
    assert places.within(shapely.box(west, south, east, north)).all()
    whole = message(app("isolation", season="wet", lang="en"))
    assert near["view"] != whole["view"]
    assert north - south < whole["bounds"][1][0] - whole["bounds"][0][0]


def test_a_class_held_outside_the_area_is_drawn_where_its_lines_end(app, results):
    homes = results.places["commune_code"]
    rows = results.assignments.assign(
        home=results.assignments["place_id"].map(homes),
        host=results.assignments["site_id"].map(results.sites["place_id"]).map(homes),
    )
    away = rows[rows["home"] != rows["host"]]
    commune = away["home"].iloc[0]
    shown = message(app("classes", commune=commune))
    names = results.sites["place_name"].reindex(away["site_id"][away["home"] == commune].unique())
    assert {tip.partition(" — ")[0] for tip in shown["spots"]["n"]} == set(names)
    assert message(app("classes"))["spots"] is None


def test_the_search_box_is_empty_once_something_is_chosen(app, results):
    name = results.communes["commune_name"].iloc[0]
    shown = app(search=name)
    hit = next(b for b in shown.button if str(b.key).startswith("found_commune_"))
    hit.click().run()
    assert shown.session_state["commune"] == results.communes.index[0]
    assert shown.session_state["search"] == ""
    assert not [b for b in shown.button if str(b.key).startswith("found_")]


def test_isolation_lists_the_farthest_places_first(app, results):
    shown = app("isolation", season="wet", lang="en")
    table = next(d.value for d in shown.dataframe if "Place" in d.value)
    far = table["To commune centre, wet season (min)"].dropna()
    assert far.is_monotonic_decreasing
    assert len(far) > 10


def test_the_card_says_how_a_place_is_reached_and_what_opens_the_way(app, results, project):
    from geoparty import pipeline

    report = pipeline.travel_of(results, project)
    opened = report.places["opened_by_wet"].fillna("")
    place = opened[opened != ""].index[0] if (opened != "").any() else results.places.index[0]
    app("isolation", season="wet", lang="en")
    shown = app("isolation", season="wet", lang="en", place=place)
    text = words_of(shown)
    assert "on foot" in text
    assert len(message(shown)["paths"]) == 1
    if opened[place]:
        assert "Reached again if this were open" in text


def test_time_classes_keep_unknown_from_no_way():
    minutes = pd.Series([0, 30, 31, 61, 121, 240, 241, np.inf, np.nan])
    names = [NAMES[at] for at in time_class(minutes, limit=240.0)]
    assert names == [
        "to_30",
        "to_30",
        "to_60",
        "to_120",
        "to_limit",
        "to_limit",
        "far",
        "no_way",
        "not_measured",
    ]


def test_classes_serve_the_candidates_of_the_plan(app, results):
    shown = app("classes")
    served = int(results.assignments["candidates"].sum())
    assert metrics(shown)[0] == number(len(results.sites), "vi")
    assert metrics(shown)[1].startswith(f"{number(served, 'vi')}/")


def test_planning_again_with_shorter_trips_obeys_the_limit(app, results):
    shown = app("classes")
    limit = next(w for w in shown.number_input if w.value == 120)
    limit.set_value(45)
    send(shown)
    longest = metrics(shown)[2].split(" · ")[1]
    assert "giờ" not in longest
    assert int(longest.split()[0]) <= 45


def send(shown):
    """Press the button that plans again."""
    button = next(b for b in shown.button if b.label == "Tính lại phương án")
    button.click().run()
    assert not shown.exception


def test_a_forbidden_place_loses_its_class_and_a_fixed_one_keeps_it(app, results):
    site = results.sites["place_id"].iloc[0]
    shown = app("classes", place=site)
    shown.button(key="plan_forbidden").click().run()
    assert not shown.exception
    assert shown.session_state["_classes"].forbidden == (site,)
    places = message(shown)["points"]["k"]
    at = [*shown.session_state["_map_ids"][1]].index(site)
    assert places[at] != "0"
    shown.button(key="plan_fixed").click().run()
    assert shown.session_state["_classes"].forbidden == ()
    assert message(shown)["points"]["k"][at] == "0"
    shown.button(key="plan_reset").click().run()
    assert metrics(shown)[0] == number(len(results.sites), "vi")


def test_a_scenario_is_kept_and_compared(app, folder):
    shown = app("classes")
    next(w for w in shown.number_input if w.value == 120).set_value(60)
    send(shown)
    name = next(w for w in shown.text_input if w.label == "Tên phương án")
    name.set_value("Đi gần *hơn*")
    next(b for b in shown.button if b.label == "Lưu").click().run()
    assert not shown.exception
    assert load_scenarios(folder)["Đi gần *hơn*"].max_travel_min == 60
    again = app("classes", scenarios=["Đi gần *hơn*"])
    table = next(d.value for d in again.dataframe if "Của dự án" in d.value.columns)
    assert list(table.columns) == ["Của dự án", "Đi gần *hơn*"]


def test_a_chosen_plan_becomes_the_projects_own(folder, project, tmp_path):
    text = (folder / "project.toml").read_text("utf-8")
    (tmp_path / "project.toml").write_text(text, "utf-8")
    own = project.settings.classes
    chosen = own.model_copy(
        update={
            "n_sites": 3,
            "objective": "longest",
            "max_communes": 2,
            "fixed": ("a", "b"),
            "assigned": {"c": "a"},
            "priority_weight": {"border": 1.5},
            "season": "wet",
        }
    )
    scenarios.adopt(tmp_path, chosen, seen=own)
    written = (tmp_path / "project.toml").read_text("utf-8")
    assert parse_settings(tomllib.loads(written)).classes == chosen
    assert all(line in written for line in text.splitlines() if line.startswith("# "))
    with pytest.raises(InputError):
        scenarios.adopt(tmp_path, own, seen=own)


def test_one_class_more_is_answered_at_once_and_costed(app, results):
    shown = app("classes")
    shown.button(key="plan_step_1").click().run()
    assert not shown.exception
    assert metrics(shown)[0] == number(len(results.sites) + 1, "vi")
    assert "+1 lớp" in words_of(shown)
    assert "giờ đi" in words_of(shown)
    shown.button(key="plan_in_full").click().run()
    assert not shown.exception
    assert "plan_in_full" not in [button.key for button in shown.button]


def test_a_place_put_into_a_class_by_hand_stays_there(app, results):
    host = results.sites["place_id"].iloc[-1]
    rows = results.assignments.set_index("place_id")["site_id"]
    place = rows[rows.map(results.sites["place_id"]).ne(host)].index[0]
    shown = app("classes", place=place)
    shown.selectbox(key=f"assign_{place}").set_value(host).run()
    assert not shown.exception
    assert shown.session_state["_classes"].assigned == {place: host}
    made = shown.session_state["_shown"]
    site = made.assignments.set_index("place_id")["site_id"].get(place)
    assert site is None or made.sites["place_id"][site] == host
    shown.button(key="plan_move").click().run()
    assert not shown.exception
    assert place in shown.session_state["_classes"].fixed


def test_what_is_told_beside_the_plan_is_made_when_asked(app, results):
    shown = app("classes")
    first = next(d.value for d in shown.dataframe if "Cách làm" in d.value.columns)
    assert "Mỗi xã một lớp, học ở trung tâm xã" in first["Cách làm"].tolist()
    for name, column in (("curve", "Mở (lớp)"), ("firmness", "Vẫn chọn, Mùa mưa")):
        shown.button(key=f"ask_{name}").click().run()
        assert not shown.exception
        assert any(column in d.value.columns for d in shown.dataframe), name
    if results.answers.changes is not None:
        assert any("Cần đổi thành" in d.value.columns for d in shown.dataframe)


def test_the_card_has_numbers_source_and_reason(app, results):
    place = results.places[results.places["gap_level"].eq("no_members")].iloc[0]
    shown = app(place=place.name)
    assert "không có đảng viên" in words_of(shown)
    cells = " ".join(shown.table[-1].value.iloc[:, 0])
    assert f"dòng {place['row']}" in cells
    assert place["file"].split(".")[0] in cells


def test_progress_shows_both_numbers_of_the_last_date(app, results):
    table = results.progress.indicators
    shown = app("progress")
    assert metrics(shown)[0] == both_numbers(table[table["area"] == "all"], "no_members")


@pytest.fixture(scope="module")
def clustered(results):
    """The results of a list of places with a column of the planner's own."""
    cluster = pd.Series(["*x*", "y", None], index=[0, 1, 2])
    place = results.places.index
    of = pd.Series(cluster[np.arange(len(place)) % 3].to_numpy(), index=place)
    score = results.progress
    history, told = score.history, score.comparison
    history = history.assign(Cụm=history["place_id"].map(of).astype("str"))
    sides = {
        side: frame.assign(Cụm=of.reindex(frame.index).astype("str"))
        for side, frame in (("before", told.before), ("after", told.after))
    }
    return replace(
        results,
        places=results.places.assign(Cụm=of.astype("str")),
        own_columns=("Cụm",),
        progress=replace(score, history=history, comparison=replace(told, **sides)),
    )


@pytest.mark.parametrize("page", ["gaps", "border", "isolation", "classes", "progress"])
def test_a_column_of_the_planners_own_filters_every_page(app, clustered, page):
    shown = app(page, given=clustered, own=["Cụm"], own_Cụm=["*x*"])
    inside = clustered.places[clustered.places["Cụm"] == "*x*"]
    if page == "gaps":
        assert metrics(shown)[2].endswith(both_numbers(indicators(inside), "unknown")[1:])
    if page == "progress":
        assert metrics(shown)[0] == both_numbers(indicators(inside), "no_members")
        shown = app(page, given=clustered, own=["Cụm"], progress_by="Cụm")
        table = next(d.value for d in shown.dataframe if "Cụm" in d.value.columns)
        assert table["Cụm"].tolist() == ["Cộng", "*x*", "y", "Chưa rõ"]
        sums = table[["Đầu kỳ", "Giảm", "Tăng", "Cuối kỳ"]].astype(int)
        assert (sums.iloc[0] == sums.iloc[1:].sum()).all()
        opening, closed, opened, closing = (sums[c] for c in sums)
        assert (opening - closed + opened == closing).all()


def test_the_planner_chooses_criteria_and_their_order(app, results):
    first = app(order=["candidates", "severity"])
    table = first.dataframe[-1].value
    candidates = table["Quần chúng ưu tú"].dropna().astype(int)
    assert candidates.is_monotonic_decreasing
    assert 'priority = ["candidates", "severity"]' in first.code[0].value
    place = results.places[results.places["gap_level"].ne("covered")].index[0]
    card = app(order=["candidates", "severity"], place=place)
    assert "xét lần lượt" in words_of(card)
    told = next(m.value for m in card.markdown if "xét lần lượt" in m.value)
    assert told.index("quần chúng ưu tú") < told.index(";")


def test_search_goes_to_the_place_and_its_commune(app, results):
    place = results.places.iloc[7]
    shown = app(search=plain_key(place["place_name"]).upper())
    button = next(b for b in shown.button if b.key == f"found_place_{place.name}")
    button.click().run()
    assert shown.session_state["place"] == place.name
    assert shown.session_state["commune"] == place["commune_code"]
    while any(b.key == "up" for b in shown.button):
        shown.button(key="up").click().run()
    assert metrics(shown)[2].split("/")[1].startswith(str(len(results.places)))


def test_a_project_that_cannot_be_opened_is_told_in_words(tmp_path):
    app = AppTest.from_function(
        script, default_timeout=PATIENCE_S, kwargs={"folder": tmp_path, "run": None}
    )
    app.run()
    assert not app.exception
    assert "project.toml" in app.text[0].value
    assert "geoparty new" in app.text[0].value


def test_the_rest_of_the_first_page_waits_for_the_map_once(app):
    first = app(_opened_on="gaps")
    told, tables = message(first), len(first.dataframe)
    assert told["tell"] is True
    again = first.run(timeout=60)
    assert len(again.dataframe) == tables + 1
    assert message(again) == told
    assert message(app("gaps"))["tell"] is False


def test_the_rest_comes_although_the_map_tells_nothing(app):
    waited = app(_opened_on="gaps", _waited_in_vain=True)
    assert len(waited.dataframe) == len(app("gaps").dataframe)


def test_a_session_waits_on_the_page_it_opened_on_only(app):
    moved = app("border", _opened_on="gaps")
    assert message(moved)["tell"] is False
    assert len(moved.dataframe) == len(app("border").dataframe)


def link(shown):
    """Return the address of a page as a browser would give it back."""
    said = shown.query_params.items()
    return {name: [v] if isinstance(v, str) else list(v) for name, v in said}


class Address(dict):
    """Query parameters as Streamlit gives them: the last value, or all of a name."""

    def __init__(self, said):
        super().__init__({name: values[-1] for name, values in said.items()})
        self.get_all = said.__getitem__


def taken(monkeypatch, said):
    """Return what a new session takes from an address."""
    with monkeypatch.context() as patch:
        state = {}
        patch.setattr(session.st, "query_params", Address(said))
        patch.setattr(session.st, "session_state", state)
        session.from_link()
        return state


def test_a_link_holds_the_filters_that_are_not_the_usual_ones(app, results, monkeypatch):
    assert set(link(app())) == {"lang"}
    shown = link(app(kinds=["school"], levels=["no_cell", "joint_cell"]))
    assert shown["kinds"] == ["school"]
    assert shown["levels"] == ["no_cell", "joint_cell"]
    assert link(app(levels=[]))["levels"] == ["-"]
    first = results.progress.dates[0]
    assert "progress_to" not in link(app("progress"))
    said = link(app("progress", progress_to=first))
    assert said["progress_to"] == [first.isoformat()]
    assert taken(monkeypatch, said)["progress_to"] == first


@pytest.mark.parametrize(
    ("page", "chosen"),
    [
        ("gaps", {"levels": [], "kinds": ["school", "village"], "lang": "en"}),
        ("progress", {"indicators": ["no_cell"]}),
        ("gaps", {"own": ["a.b - cột"], "own_a.b - cột": ["-, &=", "1.5"]}),
        ("isolation", {"both_maps": True, "season": "dry"}),
        ("gaps", {"order": ["border", "candidates"]}),
        ("isolation", {"order": ["border", "candidates"]}),
    ],
)
def test_a_new_session_takes_from_the_link_what_was_chosen(app, results, monkeypatch, page, chosen):
    column = {"a.b - cột": np.resize(["-, &=", "1.5", "2"], len(results.places))}
    given = replace(
        results,
        places=results.places.assign(**column),
        own_columns=(*results.own_columns, *column),
    )
    shown = app(page, given=given, **chosen)
    state = taken(monkeypatch, link(shown))
    for name, value in chosen.items():
        assert state[name] == value
    assert link(app(page, given=given, **state)) == link(shown)


def test_a_crossing_chosen_is_in_the_link_and_shown_by_it(app, results, project, monkeypatch):
    from geoparty import pipeline

    found = pipeline.travel_of(results, project, n_best=3).crossings["wet"]
    crossing = str(found.places["crossing_id"].iloc[0])
    app("isolation", season="wet")
    shown = app("isolation", season="wet", crossing=crossing)
    again = app("isolation", **taken(monkeypatch, link(shown)))
    assert message(again)["view"] == message(shown)["view"]
    assert message(again)["view"] != message(app("isolation", season="wet"))["view"]


def test_a_broken_date_of_a_link_is_left_out(monkeypatch):
    assert "progress_to" not in taken(monkeypatch, {"progress_to": ["soon"]})


def test_a_plan_asked_for_is_in_the_link_and_made_by_it(app, results, project, monkeypatch):
    own = project.settings.classes
    barred = results.sites["place_id"].iloc[0]
    asked = own.model_copy(
        update={"forbidden": (barred,), "max_travel_min": own.max_travel_min + 5}
    )
    shown = app("classes", _classes=asked)
    assert json.loads(link(shown)["plan"][0]) == {
        "forbidden": [barred],
        "max_travel_min": own.max_travel_min + 5,
    }
    again = app("classes", **taken(monkeypatch, link(shown)))
    assert again.session_state["_classes"] == asked
    assert metrics(again) == metrics(shown)
    assert "plan" not in link(app("classes"))


@pytest.mark.parametrize(
    "said",
    [
        "{",
        "[1]",
        "7",
        '{"time_limit_s": 9999}',
        '{"min_size": 50, "max_size": 3}',
        '{"season": "monsoon"}',
        '{"fixed": ["nowhere"]}',
        '{"assigned": {"nowhere": "nowhere"}}',
        '{"max_travel_min": "far"}',
    ],
)
def test_a_plan_of_a_link_that_cannot_be_is_told_and_left_out(app, said):
    shown = app("classes", _linked_plan=said)
    assert "_classes" not in shown.session_state
    assert [w.icon for w in shown.warning].count(":material/link_off:") == 1
    assert metrics(shown) == metrics(app("classes"))


@pytest.mark.parametrize(
    "asked",
    [
        {"max_travel_min": 720.0, "max_size": 900, "min_size": 600},
        {"max_communes": 200, "n_sites": 2000, "priority_weight": {"border": 20.0}},
        {"max_travel_min": 2.5, "priority_weight": {"isolated": 0.05}},
    ],
)
def test_settings_beyond_the_usual_are_shown_as_they_are(app, project, asked):
    shown = app("classes", _classes=project.settings.classes.model_copy(update=asked))
    held = {n.value for n in shown.number_input}
    told = [v for v in asked.values() if not isinstance(v, dict)]
    assert held >= {*told, *asked.get("priority_weight", {}).values()}


def test_communes_are_offered_within_a_province(app, results):
    communes = results.communes
    code, province = communes.index[-1], communes["province_code"].iloc[-1]
    assert [box.key for box in app("gaps").selectbox] == ["province"]
    shown = app("gaps", commune=code)
    assert [(box.key, box.value) for box in shown.selectbox] == [
        ("province", province),
        ("commune", code),
    ]
    within = communes.loc[communes["province_code"] == province, "commune_name"]
    assert sorted(shown.selectbox(key="commune").options) == sorted(within)
    shown.selectbox(key="province").set_value(None).run()
    assert [box.key for box in shown.selectbox] == ["province"]
    assert message(shown)["selected"]["commune"] is None
