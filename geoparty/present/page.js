/* map.html around layer.js: title, details on click, switches for what is drawn.
   Text from data is only ever set as text. */
function geopartyPage(map, data) {
  "use strict";
  var HIDDEN = "~", nPlaces = data.places.x.length, hidden = {}, lines = true;
  var FEW_PAIRS = 300, paired = data.pairs.length <= FEW_PAIRS;

  function element(tag, parent, text, name) {
    var e = document.createElement(tag);
    if (text !== undefined && text !== null) e.textContent = String(text);
    if (name) e.className = name;
    if (parent) parent.appendChild(e);
    return e;
  }
  function joined(first, second) { // one list of points; places come before class sites
    function coded(key) {
      var end = first[key].reduce(function (sum, step) { return sum + step; }, 0);
      return first[key].concat(second[key].map(function (step, i) { return i ? step : step - end; }));
    }
    return { x: coded("x"), y: coded("y"), k: first.k + second.k, n: first.n.concat(second.n) };
  }
  var all = joined(data.places, data.sites);

  function message() {
    var shown = Array.from(all.k, function (k) { return hidden[k.charCodeAt(0) - 48] ? HIDDEN : k; }).join("");
    var site = data.kinds.length - 1;
    return {
      geo: lines ? data.geo : Object.assign({}, data.geo, { lines: [] }),
      points: Object.assign({}, all, { k: shown }), kinds: data.kinds,
      pairs: hidden[site] || !paired ? [] : data.pairs, legend: data.legend, aria: data.aria, words: data.words, home: data.bounds,
      view: "all"
    };
  }
  function draw() { window.geoparty.show(message()); }

  function value(field, row) {
    return field.index ? (field.index[row] < 0 ? null : field.words[field.index[row]]) : field.values[row];
  }
  function shownValue(v) {
    return typeof v === "number" ? v.toLocaleString(document.documentElement.lang, { useGrouping: true }) : v;
  }
  function card(title, fields, row) {
    var box = element("div", null, null, "gp-card"), table;
    element("h2", box, title);
    table = element("table", box);
    fields.forEach(function (field) {
      var v = value(field, row), line = element("tr", table), known = v !== null && v !== undefined;
      if (v === "") return line.remove();
      element("th", line, field.label).scope = "row";
      element("td", line, known ? shownValue(v) : data.texts.unknown, known ? "" : "gp-unknown");
    });
    return box;
  }
  function belowTitle() { return map.getContainer().querySelector(".gp-head > div").offsetHeight + 16; }
  function open(where, box) {
    var top = belowTitle();
    var room = { maxHeight: Math.max(160, map.getSize().y - top - 60), autoPanPaddingTopLeft: [60, top] };
    L.popup(Object.assign(room, { maxWidth: 380, minWidth: 240 }))
      .setLatLng(where).setContent(box).openOn(map);
  }
  function chosen(what, where) {
    if (what.kind === "commune") {
      var at = data.geo.communes.findIndex(function (c) { return c.c === what.code; });
      return open(where, card(data.geo.communes[at].n, data.cards.commune, at));
    }
    var isPlace = what.id < nPlaces, list = isPlace ? data.places : data.sites;
    var i = isPlace ? what.id : what.id - nPlaces;
    open(where, card(list.n[i], isPlace ? data.cards.place : data.cards.site, list.id[i]));
  }

  function head() {
    var outer = element("div", map.getContainer(), null, "gp-head"), box = element("div", outer);
    element("h1", box, data.head.title);
    element("p", box, data.head.dates);
    if (data.head.hidden) element("p", box, data.head.hidden);
    if (data.head.note) element("p", box, data.head.note, "gp-note");
  }
  function switches() {
    var control = L.control({ position: "topright" });
    control.onAdd = function () {
      var box = L.DomUtil.create("div", "gp-layers"), details = element("details", box);
      details.open = map.getSize().x > 640;
      element("summary", details, data.texts.layers);
      function add(label, flip, off) {
        var row = element("label", details), input = element("input", row);
        input.type = "checkbox"; input.checked = !off;
        row.appendChild(document.createTextNode(" " + label));
        input.addEventListener("change", function () { flip(input.checked); draw(); });
      }
      data.legend.rows.forEach(function (row, k) {
        if (row.shape) add(row.label.replace(/: [\d.,]+$/, ""), function (on) { hidden[k] = !on; });
      });
      if (data.pairs.length) add(data.texts.pairs, function (on) { paired = on; }, !paired);
      if (data.geo.lines.length) add(data.texts.lines, function (on) { lines = on; });
      L.DomEvent.disableClickPropagation(box);
      return box;
    };
    control.addTo(map);
  }

  window.geoparty.mount(map).on("click", function (e) { chosen(e.layer.toGeoJSON().properties, e.latlng); });
  head();
  switches();
  draw();
  if (data.bounds) { // beside the legend and the switches, where there is room
    var side = map.getSize().x > 900 ? 250 : 12;
    map.fitBounds(data.bounds, { animate: false, paddingTopLeft: [side, belowTitle()], paddingBottomRight: [side, 12] });
  }
}
