/* The map's own layer: communes and places on canvas, drawn from one small message.

   geoparty.mount(map)   once, on a Leaflet map; returns the layer that fires `click`
   geoparty.show(msg)    draws a message; what did not change is kept

   msg: {
     geo      boundaries: an address (gzip or plain JSON, kept once fetched) or the object
              {origin: [lon, lat], scale, communes: [{c, n, p, r: [[dx, dy, ...], ...], l}],
               outlines: [[dx, dy, ...], ...], lines: [{k, r: [...]}, ...],
               around: [{n, r}], relief: {url, bounds} already in web Mercator}
              rings are integers: the first pair from the origin, the rest from the one before;
              `l` is where the name goes, from the origin
     fill     one character a commune, an index into `palette`; "-" leaves it out
     palette  [{colour, hatch}]; tips [text a commune]; marks "01..." thick outline
     points   {x, y (1e-5 degrees, each from the one before), k (index into kinds), n, z}
     kinds    [{colour, shape, size}]; pairs [[x1, y1, x2, y2]] degrees, dotted lines
     selected {commune, point}; view, bounds: the map moves when `view` changes
     legend   {title, rows: [{label, colour, shape, hatch, line, dash, heading}]}; aria
     home     where the map goes back to, if not bounds
     words    {keys, chosen, nothing, zoom_in, zoom_out}: what the map says of itself
     spots    {x, y, k, n} as points, drawn above them, never chosen; paths [{r: [[lon, lat], ...], colour}]
     tiles    {url, attribution}: shown once one tile has arrived, dropped after repeated errors
     tell     whether to fire a `click` of the kind "drawn" once the first message is drawn, or failed
   }
   Text from data is only ever set as text. */
(function () {
  "use strict";
  var SHAPES = {
    circle: function (g, x, y, r) { g.moveTo(x + r, y); g.arc(x, y, r, 0, 6.2832); },
    square: function (g, x, y, r) { r *= 0.9; g.rect(x - r, y - r, 2 * r, 2 * r); },
    diamond: function (g, x, y, r) { r *= 1.25; g.moveTo(x, y - r); g.lineTo(x + r, y); g.lineTo(x, y + r); g.lineTo(x - r, y); g.closePath(); },
    triangle: function (g, x, y, r) { r *= 1.2; g.moveTo(x, y - r); g.lineTo(x + r, y + 0.8 * r); g.lineTo(x - r, y + 0.8 * r); g.closePath(); },
    down: function (g, x, y, r) { r *= 1.2; g.moveTo(x, y + r); g.lineTo(x + r, y - 0.8 * r); g.lineTo(x - r, y - 0.8 * r); g.closePath(); },
    cross: function (g, x, y, r) { var w = r * 0.42; r *= 1.1; g.moveTo(x - r, y - w); [[-w, -w], [-w, -r], [w, -r], [w, -w], [r, -w], [r, w], [w, w], [w, r], [-w, r], [-w, w], [-r, w]].forEach(function (q) { g.lineTo(x + q[0], y + q[1]); }); g.closePath(); },
    ring: function (g, x, y, r) { g.moveTo(x + r, y); g.arc(x, y, r, 0, 6.2832); g.moveTo(x + r * 0.45, y); g.arc(x, y, r * 0.45, 0, 6.2832, true); },
    star: function (g, x, y, r) { for (var i = 0; i < 10; i++) { var a = Math.PI * (i / 5 - 0.5), q = i % 2 ? r * 0.62 : r * 1.4; g[i ? "lineTo" : "moveTo"](x + q * Math.cos(a), y + q * Math.sin(a)); } g.closePath(); }
  };
  function shape(name) { return SHAPES[name] || SHAPES.circle; }
  /* web Mercator pixels at zoom 0 */
  function project(lon, lat) {
    var a = Math.max(Math.min(lat, 85), -85) * Math.PI / 180;
    return [(lon / 360 + 0.5) * 256, (0.5 - Math.log(Math.tan(Math.PI / 4 + a / 2)) / (2 * Math.PI)) * 256];
  }
  function element(tag, text, parent) {
    var e = document.createElement(tag);
    if (text !== undefined) e.textContent = text;
    if (parent) parent.appendChild(e);
    return e;
  }
  function load(address) {
    return fetch(address).then(function (answer) {
      if (!answer.ok) throw new Error(address + " " + answer.status);
      if (!/\.gz$/.test(address)) return answer.json();
      return new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))).json();
    });
  }

  function mount(map) {
    var root = L.featureGroup(), state = {}, geo = null, asked = null, kept = {}, moved = false;
    var points = null, grid = null, radius = 4, zero = [0, 0], tip = null, over = null, legend = null, relief = null, spots = null, tiles = null, tiled = false;
    map.getContainer().style.background = "#eef2f3";
    if (map.attributionControl) map.attributionControl.setPrefix(false);
    [["land", 400], ["relief", 420], ["dots", 460]].forEach(function (p) {
      var pane = map.createPane("geoparty-" + p[0]);
      pane.style.zIndex = p[1];
      pane.style.pointerEvents = "none";
    });

    map.getPane("geoparty-relief").style.mixBlendMode = "multiply"; // flat ground keeps the colours of the legend
    L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);

    function ring(r) { // integers -> zoom 0 pixels from the data's own origin, for precision
      var out = new Float64Array(r.length), lon = 0, lat = 0;
      for (var i = 0; i < r.length; i += 2) {
        lon += r[i]; lat += r[i + 1];
        var p = project(geo.origin[0] + lon * geo.scale, geo.origin[1] + lat * geo.scale);
        out[i] = p[0] - zero[0]; out[i + 1] = p[1] - zero[1];
      }
      return out;
    }
    function trace(path, r, close) {
      for (var i = 0; i < r.length; i += 2) i ? path.lineTo(r[i], r[i + 1]) : path.moveTo(r[0], r[1]);
      if (close) path.closePath();
    }
    function prepare(raw) {
      geo = raw; zero = project(raw.origin[0], raw.origin[1]);
      geo.shapes = raw.communes.map(function (c, index) {
        var rings = c.r.map(ring), path = new Path2D(), b = [1e9, 1e9, -1e9, -1e9];
        rings.forEach(function (r) {
          trace(path, r, true);
          for (var i = 0; i < r.length; i += 2) {
            b[0] = Math.min(b[0], r[i]); b[2] = Math.max(b[2], r[i]);
            b[1] = Math.min(b[1], r[i + 1]); b[3] = Math.max(b[3], r[i + 1]);
          }
        });
        return { c: c, i: index, rings: rings, path: path, box: b };
      });
      geo.outline = new Path2D();
      (raw.outlines || []).forEach(function (r) { trace(geo.outline, ring(r), true); });
      geo.beside = new Path2D();
      (raw.around || []).forEach(function (a) { a.r.forEach(function (r) { trace(geo.beside, ring(r), true); }); });
      geo.shapes.forEach(function (s) {
        if (s.c.l && s.c.l.length) { var q = project(raw.origin[0] + s.c.l[0] * raw.scale, raw.origin[1] + s.c.l[1] * raw.scale); s.name = [q[0] - zero[0], q[1] - zero[1]]; }
      });
      if (relief) { relief.remove(); relief = null; }
      if (raw.relief) relief = L.imageOverlay(raw.relief.url, raw.relief.bounds, { pane: "geoparty-relief", opacity: 0.75, interactive: false, alt: "" }).addTo(map);
      geo.strokes = (raw.lines || []).map(function (l) { var p = new Path2D(); l.r.forEach(function (r) { trace(p, ring(r)); }); return { k: l.k, path: p }; });
    }
    function placed(p) { // where points lie, in zoom 0 pixels and in degrees
      if (!p) return null;
      var n = p.x.length, x = 0, y = 0;
      p.px = new Float64Array(n); p.py = new Float64Array(n); p.ll = [];
      for (var i = 0; i < n; i++) {
        x += p.x[i]; y += p.y[i];
        var q = project(x / 1e5, y / 1e5);
        p.px[i] = q[0]; p.py[i] = q[1]; p.ll.push([y / 1e5, x / 1e5]);
      }
      return p;
    }

    function canvas(pane, draw) {
      var c = L.DomUtil.create("canvas", "leaflet-zoom-hide", map.getPane(pane));
      function redraw() {
        var size = map.getSize(), pad = size.multiplyBy(0.25).round();
        var corner = map.containerPointToLayerPoint(pad.multiplyBy(-1)), d = window.devicePixelRatio || 1;
        var w = size.x + 2 * pad.x, h = size.y + 2 * pad.y;
        L.DomUtil.setPosition(c, corner);
        c.width = w * d; c.height = h * d; c.style.width = w + "px"; c.style.height = h + "px";
        var g = c.getContext("2d");
        draw(g, Math.pow(2, map.getZoom()), map.getPixelOrigin().add(corner), w, h, d);
      }
      map.on("moveend zoomend resize viewreset", redraw);
      return redraw;
    }
    function hatch(g, colour, k, d) { // lines that keep their width at every zoom
      var t = document.createElement("canvas"); t.width = t.height = 8;
      var q = t.getContext("2d"); q.fillStyle = colour; q.fillRect(0, 0, 8, 8);
      q.strokeStyle = "#555"; q.lineWidth = 1.2; q.beginPath();
      [-8, 0, 8].forEach(function (s) { q.moveTo(s, 8); q.lineTo(s + 8, 0); }); q.stroke();
      var p = g.createPattern(t, "repeat");
      p.setTransform(new DOMMatrix([1 / (k * d) * d, 0, 0, 1 / (k * d) * d, 0, 0]));
      return p;
    }
    var drawLand = canvas("geoparty-land", function (g, k, o, w, h, d) {
      if (!geo || !geo.shapes) return;
      g.setTransform(k * d, 0, 0, k * d, (zero[0] * k - o.x) * d, (zero[1] * k - o.y) * d);
      var x0 = o.x / k - zero[0], y0 = o.y / k - zero[1], x1 = x0 + w / k, y1 = y0 + h / k;
      var fill = state.fill || "", colours = (state.palette || []).map(function (p) { return p.hatch ? hatch(g, p.colour, k, d) : p.colour; });
      var seen = geo.shapes.filter(function (s) { return !(s.box[0] > x1 || s.box[2] < x0 || s.box[1] > y1 || s.box[3] < y0); });
      g.lineJoin = "round";
      g.globalAlpha = tiled ? 0.3 : 1; g.fillStyle = "#f4f2ec"; g.fill(geo.beside, "evenodd");
      g.strokeStyle = "#a3a6a8"; g.lineWidth = 1 / k; g.stroke(geo.beside);
      seen.forEach(function (s) { // left-out communes stay as quiet ground
        var at = fill.charCodeAt(s.i) - 48;
        g.globalAlpha = tiled ? 0.55 : 0.95;
        g.fillStyle = colours[at] || "#f6f6f4"; g.fill(s.path, "evenodd");
      });
      g.globalAlpha = 1;
      g.strokeStyle = "#8a8f94"; g.lineWidth = (seen.length > 600 ? 0.35 : 0.8) / k;
      seen.forEach(function (s) { g.stroke(s.path); });
      geo.strokes.forEach(function (l) {
        g.strokeStyle = { stream: "#6ba3d6", road: "#7a4f16", border: "#7a1f5c" }[l.k] || "#999";
        g.lineWidth = { stream: 1, road: 1.3, border: 3 }[l.k] / k; g.setLineDash(l.k === "border" ? [9 / k, 4 / k, 2 / k, 4 / k] : []);
        g.stroke(l.path);
      });
      g.setLineDash([]);
      g.strokeStyle = "#3b4045"; g.lineWidth = (seen.length > 600 ? 0.8 : 1.6) / k; g.stroke(geo.outline);
      if (state.marks) { g.strokeStyle = "#7a1f5c"; g.lineWidth = 2.4 / k; seen.forEach(function (s) { if (state.marks[s.i] === "1") g.stroke(s.path); }); }
      var chosen = state.selected && state.selected.commune;
      if (chosen) seen.forEach(function (s) { if (s.c.c === chosen) { g.strokeStyle = "#fff"; g.lineWidth = 6 / k; g.stroke(s.path); g.strokeStyle = "#111"; g.lineWidth = 3 / k; g.stroke(s.path); } });
    });
    function drawNames(g, k, o) { // where a name fits into its commune
      if (!geo || !geo.shapes) return;
      g.font = "600 11.5px system-ui, 'Segoe UI', Roboto, Arial, sans-serif"; g.textAlign = "center"; g.textBaseline = "middle";
      g.lineJoin = "round"; g.lineWidth = 3; g.strokeStyle = "rgba(255,255,255,.85)"; g.fillStyle = "#2b3035";
      geo.shapes.forEach(function (s) {
        if (!s.name || (s.box[3] - s.box[1]) * k < 44) return;
        if (g.measureText(s.c.n).width > 0.85 * (s.box[2] - s.box[0]) * k) return;
        var x = (zero[0] + s.name[0]) * k - o.x, y = (zero[1] + s.name[1]) * k - o.y;
        g.strokeText(s.c.n, x, y); g.fillText(s.c.n, x, y);
      });
    }
    function drawPaths(g, k, o) {
      (state.paths || []).forEach(function (p) {
        [["#fff", 6], [p.colour || "#111", 3]].forEach(function (pen) {
          g.strokeStyle = pen[0]; g.lineWidth = pen[1]; g.lineJoin = g.lineCap = "round"; g.beginPath();
          p.r.forEach(function (c, i) { var q = project(c[0], c[1]); g[i ? "lineTo" : "moveTo"](q[0] * k - o.x, q[1] * k - o.y); });
          g.stroke();
        });
      });
    }
    function drawSpots(g, k, o) {
      if (!spots) return;
      for (var i = 0; i < spots.px.length; i++) {
        var kind = (state.kinds || [])[spots.k.charCodeAt(i) - 48];
        if (!kind) continue;
        g.fillStyle = kind.colour; g.strokeStyle = "#111"; g.lineWidth = 1.2; g.beginPath();
        shape(kind.shape)(g, spots.px[i] * k - o.x, spots.py[i] * k - o.y, Math.max(radius, 4.5) * (kind.size || 1));
        g.fill(); g.stroke();
      }
    }
    var drawDots = canvas("geoparty-dots", function (g, k, o, w, h, d) {
      grid = new Map();
      g.scale(d, d);
      drawPaths(g, k, o);
      if (state.pairs) {
        g.strokeStyle = "#333"; g.globalAlpha = 0.55; g.lineWidth = 1; g.setLineDash([4, 3]); g.beginPath();
        state.pairs.forEach(function (l) { var a = project(l[0], l[1]), b = project(l[2], l[3]); g.moveTo(a[0] * k - o.x, a[1] * k - o.y); g.lineTo(b[0] * k - o.x, b[1] * k - o.y); });
        g.stroke(); g.setLineDash([]); g.globalAlpha = 1;
      }
      drawPoints(g, k, o, w, h);
      drawSpots(g, k, o);
      drawNames(g, k, o);
    });
    function drawPoints(g, k, o, w, h) {
      if (!points) return;
      var z = map.getZoom(), n = points.px.length, kinds = state.kinds || [], chosen = state.selected && state.selected.point;
      radius = Math.max(1.4, Math.min(7, (n > 20000 ? 0.9 : n > 3000 ? 1.6 : 3.2) * Math.pow(1.35, z - 8)));
      if (n < 3000) radius = Math.max(radius, 3.6);
      var lots = kinds.map(function () { return []; });
      for (var i = 0; i < n; i++) {
        var x = points.px[i] * k - o.x, y = points.py[i] * k - o.y;
        if (x < -9 || y < -9 || x > w + 9 || y > h + 9) continue;
        var lot = lots[points.k.charCodeAt(i) - 48]; if (!lot) continue;
        lot.push(x, y);
        var key = ((x >> 4) << 12) | (y >> 4), cell = grid.get(key);
        if (cell) cell.push(x, y, i); else grid.set(key, [x, y, i]);
      }
      g.strokeStyle = "#1b1b1b"; g.lineWidth = radius < 2.5 ? 0.4 : 0.9;
      for (var b = kinds.length - 1; b >= 0; b--) { // the most severe last, on top
        var put = shape(kinds[b].shape), r = radius * (kinds[b].size || 1), q = lots[b];
        g.fillStyle = kinds[b].colour;
        if (radius < 2) { // too small for a shape to be seen, and many
          for (var m = 0; m < q.length; m += 2) g.fillRect(q[m] - r, q[m + 1] - r, 2 * r, 2 * r);
          continue;
        }
        g.beginPath();
        for (var j = 0; j < q.length; j += 2) put(g, q[j], q[j + 1], r);
        g.fill(); g.stroke();
      }
      if (chosen !== undefined && chosen !== null && chosen >= 0 && chosen < n) {
        g.beginPath(); g.arc(points.px[chosen] * k - o.x, points.py[chosen] * k - o.y, radius + 7, 0, 6.2832);
        g.lineWidth = 5; g.strokeStyle = "#fff"; g.stroke(); g.lineWidth = 2.5; g.strokeStyle = "#111"; g.stroke();
      }
    }
    function near(at) { // container point -> index of the nearest drawn place
      if (!points || !grid) return -1;
      var corner = map.containerPointToLayerPoint([0, 0]).subtract(L.DomUtil.getPosition(map.getPane("geoparty-dots").firstChild));
      var x = at.x + corner.x, y = at.y + corner.y, best = -1;
      var reach = (radius + 4) * (radius + 4);
      for (var dx = -1; dx < 2; dx++) for (var dy = -1; dy < 2; dy++) {
        var cell = grid.get((((x >> 4) + dx) << 12) | ((y >> 4) + dy));
        if (cell) for (var j = 0; j < cell.length; j += 3) {
          var s = (cell[j] - x) * (cell[j] - x) + (cell[j + 1] - y) * (cell[j + 1] - y);
          if (s < reach) { reach = s; best = cell[j + 2]; }
        }
      }
      return best;
    }
    function hit(ll) { // latlng -> the commune it lies in
      if (!geo || !geo.shapes) return null;
      var q = project(ll.lng, ll.lat), x = q[0] - zero[0], y = q[1] - zero[1];
      for (var i = 0; i < geo.shapes.length; i++) {
        var s = geo.shapes[i], b = s.box, inside = false;
        if (x < b[0] || x > b[2] || y < b[1] || y > b[3]) continue;
        s.rings.forEach(function (a) {
          for (var j = 0, l = a.length - 2; j < a.length; l = j, j += 2)
            if ((a[j + 1] > y) !== (a[l + 1] > y) && x < (a[l] - a[j]) * (y - a[j + 1]) / (a[l + 1] - a[j + 1]) + a[j]) inside = !inside;
        });
        if (inside) return s;
      }
      return null;
    }
    function label(s) { var t = state.tips && state.tips[s.i]; return s.c.n + (t ? " — " + t : ""); }
    function pointLabel(i) { return (points.n && points.n[i]) || ""; }
    function spotAt(at) { // container point -> index of a spot under it
      if (!spots) return -1;
      for (var i = spots.ll.length - 1; i >= 0; i--) if (map.latLngToContainerPoint(spots.ll[i]).distanceTo(at) < 8) return i;
      return -1;
    }
    function hover(e) {
      var j = spotAt(e.containerPoint), i = j < 0 ? near(e.containerPoint) : -1, s = i < 0 && j < 0 ? hit(e.latlng) : null;
      var now = j >= 0 ? "s" + j : i >= 0 ? "p" + i : s ? "c" + s.i : null;
      map.getContainer().style.cursor = now && j < 0 ? "pointer" : "";
      if (now === over) { if (tip && s) tip.setLatLng(e.latlng); return; }
      over = now;
      if (tip) { tip.remove(); tip = null; }
      var text = j >= 0 ? spots.n[j] : i >= 0 ? pointLabel(i) : s ? label(s) : "";
      if (text) tip = L.tooltip({ direction: "top", offset: [0, -8] }).setLatLng(j >= 0 ? spots.ll[j] : i >= 0 ? points.ll[i] : e.latlng).setContent(element("div", text)).addTo(map);
    }
    function say(ll, what) {
      root.fire("click", { latlng: ll, layer: { toGeoJSON: function () { return { type: "Feature", properties: what, geometry: null }; } } });
    }
    var told = false;
    function tell() {
      if (told || !state.tell) return;
      told = true; say(null, { kind: "drawn", at: Date.now() });
    }
    function choose(ll, at, known) {
      var i = known >= 0 ? known : near(at), s = i < 0 ? hit(ll) : null;
      if (i < 0 && !s) return speak((state.words || {}).nothing);
      var what = i >= 0 ? { kind: "place", id: points.id ? points.id[i] : i, message: state.serial, at: Date.now() } : { kind: "commune", code: s.c.c, province: s.c.p, at: Date.now() };
      if (s) { state.selected = { commune: s.c.c }; drawLand(); }
      sayChosen(i, s);
      say(ll, what);
      map.fire("geoparty:choose", what);
    }
    map.on("mousemove", hover);
    map.on("mouseout", function () { over = null; if (tip) { tip.remove(); tip = null; } });
    map.on("click", function (e) { choose(e.latlng, e.containerPoint); });
    var box = map.getContainer(), live = element("div", "", box);
    box.setAttribute("role", "application"); box.setAttribute("tabindex", "0");
    live.setAttribute("aria-live", "polite");
    live.style.cssText = "position:absolute;left:-9999px;width:1px;height:1px;overflow:hidden";
    function speak(text) { if (text) live.textContent = text; }
    function sayChosen(i, s) { var text = i >= 0 ? pointLabel(i) : s ? label(s) : ""; if (text) speak((state.words || {}).chosen + " " + text); }
    map.on("moveend", function () {
      if (document.activeElement !== box) return;
      var i = held >= 0 ? held : near(map.getSize().divideBy(2)), s = hit(map.getCenter());
      speak((i >= 0 && pointLabel(i)) || (s && label(s)) || (state.words || {}).nothing);
    });
    /* by keys: what is in the middle is ringed and spoken, Enter chooses it */
    var aim = element("div", undefined, box), keys = element("div", undefined, aim), at = -1, held = -1;
    aim.className = "geoparty-aim"; aim.setAttribute("aria-hidden", "true");
    aim.style.cssText = "display:none;position:absolute;inset:0;z-index:900;pointer-events:none;border:3px solid #1f5f8b;background:radial-gradient(circle at center,transparent 9px,#111 9.5px,#111 11px,#fff 11.5px,#fff 13px,transparent 13.5px)";
    keys.style.cssText = "position:absolute;top:6px;left:56px;right:6px;text-align:center;font:12.5px/1.35 system-ui,'Segoe UI',Roboto,Arial,sans-serif;color:#111";
    function aiming(on) { aim.style.display = on ? "block" : "none"; }
    box.addEventListener("focus", function () { if (box.matches(":focus-visible")) aiming(true); });
    box.addEventListener("blur", function () { aiming(false); });
    box.addEventListener("mousedown", function () { held = -1; aiming(false); });
    function step(by) { // to the next place drawn, or the next commune where no places are
      var n = points ? points.px.length : geo && geo.shapes ? geo.shapes.length : 0;
      for (var tried = 0; tried < n; tried++) {
        at = at < 0 && by < 0 ? n - 1 : (at + by + n) % n;
        if (points && !(state.kinds || [])[points.k.charCodeAt(at) - 48]) continue;
        var s = points ? null : geo.shapes[at];
        if (s && !s.rings.length) continue;
        var middle = s && [(s.box[0] + s.box[2]) / 2, (s.box[1] + s.box[3]) / 2], p = s && (s.name || middle);
        held = points ? at : -1;
        map.setView(s ? map.unproject([zero[0] + p[0], zero[1] + p[1]], 0) : points.ll[at], map.getZoom(), { animate: false });
        return;
      }
    }
    box.addEventListener("keydown", function (e) {
      if (e.target !== box || e.altKey || e.ctrlKey || e.metaKey) return;
      aiming(true);
      if (e.key === "Enter") choose(map.getCenter(), map.getSize().divideBy(2), held);
      else if (e.key === "PageDown") step(1);
      else if (e.key === "PageUp") step(-1);
      else if (e.key === "Home" && (state.bounds || state.home)) { held = -1; fit(state.bounds || state.home); }
      else { held = -1; return; }
      e.preventDefault();
    });
    function named() { // what stands on the map, in the language of the message
      var words = state.words || {}, zoom = map.zoomControl;
      box.setAttribute("aria-label", [state.aria, words.keys].filter(Boolean).join(" "));
      keys.textContent = ""; element("span", words.keys, keys).style.cssText = "background:rgba(255,255,255,.94);padding:2px 8px;border-radius:4px";
      if (zoom && words.zoom_in) [[zoom._zoomInButton, words.zoom_in], [zoom._zoomOutButton, words.zoom_out]].forEach(function (b) { b[0].title = b[1]; b[0].setAttribute("aria-label", b[1]); });
    }

    function swatch(row) {
      var c = element("canvas"), d = window.devicePixelRatio || 1, g = c.getContext("2d");
      c.width = 22 * d; c.height = 16 * d; c.style.cssText = "width:22px;height:16px;flex:none;margin-right:7px";
      c.setAttribute("aria-hidden", "true");
      g.scale(d, d); g.fillStyle = row.colour || "#fff"; g.strokeStyle = "#1b1b1b";
      if (row.line) { g.strokeStyle = row.colour; g.lineWidth = row.line; g.setLineDash(row.dash || []); g.moveTo(1, 8); g.lineTo(21, 8); g.stroke(); return c; }
      g.beginPath();
      if (row.shape) shape(row.shape)(g, 11, 8, 5); else { if (row.hatch) g.fillStyle = hatch(g, row.colour, 1, 1); g.rect(2, 2, 18, 12); }
      g.fill(); g.lineWidth = 0.9; g.stroke();
      return c;
    }
    function drawLegend(l) { // open where the map is large enough for it
      if (legend) { legend.remove(); legend = null; }
      if (!l || !l.rows.length) return;
      legend = L.control({ position: "bottomleft" });
      legend.onAdd = function () {
        var d = L.DomUtil.create("div", "geoparty-legend"), b = element("details", undefined, d), s = element("summary", l.title, b);
        b.open = map.getSize().x > 560;
        d.setAttribute("role", "group"); d.setAttribute("aria-label", l.title);
        d.style.cssText = "background:rgba(255,255,255,.94);padding:5px 9px;border-radius:6px;font:12.5px/1.3 system-ui,'Segoe UI',Roboto,Arial,sans-serif;color:#111;box-shadow:0 1px 4px #0005;max-width:270px";
        s.style.cssText = "font-weight:600;cursor:pointer";
        l.rows.forEach(function (row) {
          var r = element("div", undefined, b); r.style.cssText = "display:flex;align-items:center;margin-top:2px";
          if (row.heading) { element("b", row.label, r); r.style.marginTop = "7px"; return; }
          r.appendChild(swatch(row)); element("span", row.label, r);
        });
        L.DomEvent.disableClickPropagation(d); L.DomEvent.disableScrollPropagation(d);
        return d;
      };
      legend.addTo(map);
    }
    var fitted = null, own = false; // a frame that grows shows more of it, until somebody moves the map
    map.on("dragstart zoomstart", function () { if (!own) fitted = null; });
    map.on("resize", function () { if (fitted) fit(fitted); });
    function fit(bounds) { // beside the legend where there is room for both
      own = true; place(bounds); own = false; fitted = bounds;
    }
    function settle() { // styles that arrive late change the room the legend takes
      var wide = legend && legend.getContainer().offsetWidth;
      setTimeout(function () { if (fitted && legend && legend.getContainer().offsetWidth !== wide) fit(fitted); }, 400);
    }
    function place(bounds) {
      var box = legend && legend.getContainer(), wide = box ? box.offsetWidth + 10 : 0, high = box ? box.offsetHeight + 10 : 0;
      var beside = map.getBoundsZoom(bounds, false, L.point(24 + wide, 24)), above = map.getBoundsZoom(bounds, false, L.point(24, 24 + high));
      map.fitBounds(bounds, { animate: false, paddingTopLeft: [12 + (beside >= above ? wide : 0), 12], paddingBottomRight: [12, 12 + (beside >= above ? 0 : high)] });
    }
    function landOf(msg) {
      return JSON.stringify([typeof msg.geo === "string" ? msg.geo : Math.random(), msg.fill, msg.palette, msg.marks, msg.selected && msg.selected.commune, tiled]);
    }
    function draw(msg, before) {
      var same = msg.view === before.view && moved && landOf(msg) === drawnLand;
      if (msg.view !== before.view || !moved) { if (msg.bounds) { fit(msg.bounds); if (!moved) settle(); } moved = true; }
      if (!same) drawLand();
      drawnLand = landOf(msg);
      drawDots();
      if (JSON.stringify(msg.selected) !== JSON.stringify(before.selected)) chosenBefore(msg.selected || {});
      box.dataset.drawn = (msg.serial || "") + ":" + (geo ? geo.shapes.length : 0) + ":" + (points ? points.px.length : 0);
      box.dataset.at = String(performance.timeOrigin + performance.now());
      tell();
    }
    function chosenBefore(selected) { // chosen elsewhere: in a table, the search box, the address
      var i = points && selected.point >= 0 && selected.point !== null ? selected.point : -1;
      sayChosen(i, i < 0 && selected.commune ? geo.shapes.find(function (s) { return s.c.c === selected.commune; }) : null);
    }
    function filled(url, z, x, y) {
      return url.replace("{s}", "a").replace("{r}", "").replace("{z}", z).replace("{x}", x).replace("{y}", y);
    }
    function probe(wanted) { // a server that does not answer costs one picture, never the map
      if (!wanted || tiles) return;
      tiles = wanted;
      var picture = new Image(), late = setTimeout(function () { picture.onload = null; picture.src = ""; box.dataset.tiles = "late"; }, 3000);
      picture.onerror = function () { clearTimeout(late); box.dataset.tiles = "none"; };
      picture.onload = function () {
        clearTimeout(late);
        var bad = 0, safe = element("span", wanted.attribution || "").innerHTML;
        var layer = L.tileLayer(wanted.url, { attribution: safe, maxZoom: 19 });
        layer.on("tileload", function () { bad = 0; });
        layer.on("tileerror", function () { if (++bad >= 6) { map.removeLayer(layer); tiled = false; box.dataset.tiles = "dropped"; drawLand(); } });
        layer.addTo(map); tiled = true; box.dataset.tiles = "shown"; drawLand();
      };
      picture.src = filled(wanted.url, 5, 25, 14);
    }
    var pending = null, drawnLand = null;
    function show(msg) {
      var before = state; state = msg; over = null;
      if (tip) { tip.remove(); tip = null; }
      points = placed(msg.points); grid = null; spots = placed(msg.spots);
      if (msg.serial !== before.serial) at = held = -1;
      probe(msg.tiles);
      named();
      if (JSON.stringify(msg.legend) !== JSON.stringify(before.legend)) drawLegend(msg.legend);
      var address = typeof msg.geo === "string" ? msg.geo : null;
      if (!address) { prepare(msg.geo); return draw(msg, before); }
      if (address === asked && geo) return draw(msg, before);
      asked = address; pending = before;
      (kept[address] || (kept[address] = load(address))).then(function (raw) {
        if (asked !== address) return;
        prepare(raw); draw(state, pending || {});
      }).catch(function (error) { delete kept[address]; if (asked === address) asked = null; box.dataset.failed = String(error); tell(); });
    }
    root.addTo(map);
    window.geoparty.show = show;
    window.geoparty.probe = function (lat, lon) { var p = map.latLngToContainerPoint([lat, lon]), s = hit(L.latLng(lat, lon)); return { x: p.x, y: p.y, point: near(p), commune: s && s.c.c }; };
    return root;
  }
  window.geoparty = { mount: mount, show: function () {} };
})();
