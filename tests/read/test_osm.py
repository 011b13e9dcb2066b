"""OpenStreetMap extracts: everything is read, by the same counts as pyosmium's."""

import numpy as np
import osmium
import pytest
import shapely

from geoparty.errors import InputError
from geoparty.read import read_places, read_roads, read_streams
from geoparty.read.pbf import read_pbf

EXTRACTS = {"andorra_2021-06-22": 57, "liechtenstein_2015-07-27": 1}


def keys(error):
    return [p.key for p in error.value.problems]


@pytest.fixture
def extract(tmp_path):
    """Write nodes {id: (lon, lat, tags)} and ways {id: (nodes, tags)} by pyosmium."""

    def write(nodes, ways, name="x.osm.pbf", form=""):
        path = tmp_path / name
        with osmium.SimpleWriter(osmium.io.File(str(path), form), overwrite=True) as out:
            for number, (*place, tags) in ((i, (*n, {})[:3]) for i, n in nodes.items()):
                out.add_node(osmium.osm.mutable.Node(id=number, location=place, tags=tags))
            for number, (refs, tags) in ways.items():
                out.add_way(osmium.osm.mutable.Way(id=number, nodes=refs, tags=tags))
        return path

    return write


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "fords"), EXTRACTS.items())
def test_nodes_edges_and_fords_are_those_pyosmium_counts(real_data, name, fords):
    path = real_data / "osm" / f"{name}.osm.pbf"
    got = read_pbf(path)
    places, tags, ways = {}, {}, {}
    for o in osmium.FileProcessor(str(path)):
        if o.is_node():
            places[o.id] = (o.location.x, o.location.y)
            if o.tags:
                tags[o.id] = dict(o.tags)
        elif o.is_way():
            ways[o.id] = ([n.ref for n in o.nodes], dict(o.tags))
    assert got.node_id.tolist() == sorted(places)
    assert got.place.tolist() == [list(places[i]) for i in sorted(places)]
    assert got.way_id.tolist() == list(ways)
    assert got.ref.tolist() == [r for refs, _ in ways.values() for r in refs]
    for key in ("highway", "surface", "ford", "place", "name", "waterway", "access"):
        at = got.way_tags.having(key)
        told = dict(zip(got.way_id[at], got.way_tags.get(key, at), strict=True))
        assert told == {i: t[key] for i, (_, t) in ways.items() if key in t}
        at = got.node_tags.having(key)
        told = dict(zip(got.node_id[at], got.node_tags.get(key, at), strict=True))
        assert told == {i: t[key] for i, t in tags.items() if key in t}
    read = read_roads(path)
    roads = {i for i, (_, t) in ways.items() if "highway" in t or t.get("route") == "ferry"}
    assert set(read.frame["row"]) | set(read.rejected["row"]) == roads
    assert read.frame["is_ford"].sum() == fords
    streams = {"river", "stream", "canal", "tidal_channel"}
    flow = [t for _, t in ways.values() if t.get("waterway") in streams]
    assert len(read_streams(path).frame) == sum(t.get("tunnel", "no") == "no" for t in flow)


@pytest.mark.realdata
@pytest.mark.parametrize("name", EXTRACTS)
def test_the_graph_has_the_junctions_and_stretches_of_a_loop(real_data, name):
    from geoparty import travel
    from geoparty.settings import DRY, Travel

    path = real_data / "osm" / f"{name}.osm.pbf"
    frame = read_roads(path).frame
    whole = frame[~frame["row"].isin(frame.loc[frame["is_ford"], "row"])]
    network = travel.build_network(whole, travel=Travel(), seasons=(DRY,))
    wanted, uses, lines = set(whole["row"]), {}, []
    for o in osmium.FileProcessor(str(path)).with_locations():
        if o.is_way() and o.id in wanted:
            # what lies within the same centimetre is one node of ours
            refs = [(n.location.x, n.location.y) for n in o.nodes]
            refs = [r for i, r in enumerate(refs) if i == 0 or r != refs[i - 1]]
            if len(refs) > 1:
                lines.append(refs)
                for r in (*refs, refs[0], refs[-1]):
                    uses[r] = uses.get(r, 0) + 1
    nodes = {r for refs in lines for r in refs if uses[r] > 1}
    edges = sum(sum(r in nodes for r in refs) - 1 for refs in lines)
    assert abs(len(network.node_xy) - len(nodes)) <= 2
    assert abs(len(network.edges) - edges) <= 4


def test_tags_say_who_may_pass_and_which_way(extract):
    nodes = {i: (103 + i / 1000, 21.5) for i in range(1, 9)}
    ways = {
        1: ([1, 2], {"highway": "primary", "oneway": "yes", "surface": "asphalt"}),
        2: ([2, 3], {"highway": "track", "oneway": "-1", "tracktype": "grade4"}),
        3: ([3, 4], {"highway": "residential", "access": "private", "motorcycle": "yes"}),
        4: ([4, 5], {"highway": "tertiary", "junction": "roundabout", "bridge": "yes"}),
        5: ([5, 6], {"highway": "track", "smoothness": "very_horrible", "seasonal": "yes"}),
        6: ([6, 7], {"highway": "motorway"}),
        7: ([7, 8], {"building": "yes"}),
        8: ([7, 8], {"highway": "service", "ford": "no", "tunnel": "no", "bridge": "no"}),
    }
    from geoparty.read.osm import osm_roads

    cells = osm_roads(extract(nodes, ways)).cells
    roads = [tags for _, tags in ways.values() if "highway" in tags]
    assert cells["road_class"].tolist() == [tags["highway"] for tags in roads]
    assert cells["surface"].tolist()[:2] == ["asphalt", "grade4"]
    assert cells["surface"].tolist()[4] == "dirt"
    assert cells["oneway"].tolist() == [
        *("forward", "backward", "both", "forward", "both", "forward", "both")
    ]
    assert cells["barred_modes"].fillna("").tolist() == [
        *("", "", "bicycle;car", "", "bicycle;car", "bicycle;motorbike", "")
    ]
    assert cells["closed_seasons"].tolist()[4] == "wet"
    assert cells["has_bridge"].tolist() == [False] * 3 + [True] + [False] * 3
    assert not cells["is_ford"].any()


def test_a_oneway_tag_that_is_not_known_is_told_and_taken_as_both_ways(extract):
    said = ["yes", "no", "reversible", "true", "0", "alternating", "reversible", "-1", None]
    nodes = {i: (103 + i / 1000, 21.5) for i in range(1, 11)}
    nodes[9] += ({"ford": "yes"},)
    ways = {
        10 * i: ([i, i + 1], {"highway": "track"} | ({"oneway": word} if word else {}))
        for i, word in enumerate(said, start=1)
    }
    read = read_roads(extract(nodes, ways))
    (told,) = (p for p in read.problems if p.key == "read.unknown_oneway")
    assert (told.params["n"], told.params["total"]) == (3, 9)
    assert (told.sheet, told.rows, told.severity) == ("way", (30, 60, 70), "warning")
    assert "alternating, reversible; taken as open both ways" in told.text("en")
    assert "cả hai chiều" in told.text("vi")
    one_way = read.frame.groupby("row")["oneway"].first()
    assert one_way.tolist() == [
        *("forward", "both", "both", "forward", "both", "both", "both", "backward", "both")
    ]


def test_a_ford_on_a_node_is_a_short_stretch_of_one_road(extract):
    ford = {"ford": "yes"}
    nodes = {1: (103.0, 21.5), 2: (103.001, 21.5, ford), 3: (103.00105, 21.5, ford)}
    nodes |= {4: (103.002, 21.5), 5: (103.001, 21.501), 6: (103.5, 21.5, ford)}
    nodes |= {7: (103.003, 21.5, {"ford": "no"})}
    ways = {
        1: ([1, 2, 3, 4, 7], {"highway": "track"}),
        2: ([2, 5], {"highway": "path"}),
    }
    read = read_roads(extract(nodes, ways))
    frame = read.frame
    assert frame["is_ford"].tolist() == [False, True, True, False, False]
    assert frame["row"].tolist() == [1, 1, 1, 1, 2]
    assert [p.params["n"] for p in read.problems if p.key == "read.fords_off_roads"] == [1]
    first = frame.geometry[frame["row"] == 1]
    joined = shapely.line_merge(shapely.union_all(first.to_numpy()))
    assert shapely.length(joined) == pytest.approx(0.003)
    metres = frame.to_crs("EPSG:32648").length[frame["is_ford"]]
    assert metres.between(5, 11).all()


def test_the_first_and_last_node_may_be_fords(extract):
    nodes = {1: (103.0, 21.5, {"ford": "yes"}), 2: (103.001, 21.5, {"ford": "yes"})}
    frame = read_roads(extract(nodes, {1: ([1, 2], {"highway": "path"})})).frame
    assert frame["is_ford"].tolist() == [True, False, True]


def test_xml_is_read_as_pbf_is(extract):
    nodes = {i: (103 + i / 1000, 21.5) for i in range(1, 4)}
    nodes[2] = (*nodes[2], {"ford": "yes"})
    nodes[9] = (103.0, 21.6, {"place": "hamlet", "name": "Bản Ten"})
    ways = {1: ([3, 2, 1], {"highway": "track"}), 2: ([1, 3], {"waterway": "stream"})}
    pbf, xml = extract(nodes, ways), extract(nodes, ways, "x.osm")
    for read in (read_roads, read_streams, read_places):
        a, b = read(pbf).frame, read(xml).frame
        assert a.drop(columns="file").to_dict("list") == b.drop(columns="file").to_dict("list")
        assert len(a)


@pytest.mark.parametrize("form", ["pbf,pbf_dense_nodes=false", "pbf,pbf_compression=none"])
def test_every_form_of_pbf_is_read(extract, form):
    nodes = {
        -3: (-103.0, -21.5, {"ford": "yes"}),
        5: (103.1, 21.5),
        2**40: (103.2, 21.6, {"a": "b"}),
    }
    ways = {-1: ([5, -3, 2**40], {"highway": "track", "name": "Đường mòn"})}
    usual, other = extract(nodes, ways), extract(nodes, ways, "y.osm.pbf", form)
    a, b = read_pbf(usual), read_pbf(other)
    for name in ("node_id", "place", "way_id", "way_end", "ref"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    assert b.node_id.tolist() == [-3, 5, 2**40]
    assert b.place.tolist()[0] == [-1_030_000_000, -215_000_000]
    assert b.way_tags.get("name", np.array([0])).tolist() == ["Đường mòn"]
    assert b.node_id[b.node_tags.having("ford")].tolist() == [-3]


@pytest.mark.parametrize(
    ("form", "key"),
    [("pbf,pbf_compression=lz4", "read.pbf_packing"), ("pbf,history=true", "read.pbf_feature")],
)
def test_what_is_not_read_is_told(extract, form, key):
    with pytest.raises(InputError) as error:
        read_roads(extract({1: (103.0, 21.5)}, {}, form=form))
    assert keys(error) == [key]


def test_entities_are_refused(tmp_path):
    path = tmp_path / "x.osm"
    path.write_text('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><osm>&b;</osm>')
    with pytest.raises(InputError) as error:
        read_roads(path)
    assert keys(error) == ["read.xml_bomb"]


def test_places_are_named_nodes(extract):
    nodes = {
        1: (103.0, 21.5, {"place": "village", "name": "Bản Ten", "population": "310"}),
        2: (103.1, 21.5, {"place": "hamlet"}),
        3: (103.2, 21.5, {"place": "sea", "name": "x"}),
    }
    read = read_places(extract(nodes, {}))
    assert read.frame["place_name"].tolist() == ["Bản Ten"]
    assert read.frame["place_kind"].tolist() == ["village"]
    assert read.frame["population"].tolist() == [310]
    assert read.rejected["reason"].tolist() == ["read.missing_value"]


@pytest.mark.realdata
@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_a_file_cut_short_is_told(real_data, tmp_path, share):
    whole = (real_data / "osm" / "andorra_2021-06-22.osm.pbf").read_bytes()
    path = tmp_path / "half.osm.pbf"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError) as error:
        read_roads(path)
    assert keys(error) == ["read.cut_short"]


@pytest.mark.realdata
def test_bytes_turned_are_told_or_read(real_data, tmp_path):
    import struct
    import zlib

    whole = (real_data / "osm" / "liechtenstein_2015-07-27.osm.pbf").read_bytes()
    from geoparty.read import pbf

    with (real_data / "osm" / "liechtenstein_2015-07-27.osm.pbf").open("rb") as stream:
        blobs = list(pbf._blobs(stream))
    assert whole
    rng = np.random.default_rng(7)
    path = tmp_path / "turned.osm.pbf"
    told = set()
    for number in range(40):
        kind, blob = blobs[1 + number % (len(blobs) - 1)]
        turned = np.frombuffer(blob, np.uint8).copy()
        at = rng.integers(0, len(turned), 1 + number % 5)
        turned[at] = rng.integers(0, 256, len(at))
        packed = zlib.compress(turned.tobytes(), 1)
        body = b"\x10" + _varint(len(turned)) + b"\x1a" + _varint(len(packed)) + packed
        head = b"\x0a" + _varint(len(kind)) + kind + b"\x18" + _varint(len(body))
        path.write_bytes(struct.pack(">I", len(head)) + head + body)
        try:
            read_pbf(path)
        except InputError as error:
            told.update(problem.key for problem in error.problems)
    assert told == {"read.pbf_damaged"}


def _varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])
