/* The frame around the pages in their language: Streamlit says its own words in English only.

   said: {lang, map, skip, names: [[English, ours], ...]}; an English name that ends with a space
   begins the names it stands for. */
(function (said) {
  "use strict";
  function mend(e) {
    var now = e.getAttribute("aria-label");
    if (now === e.geopartyGiven) now = e.geopartyFound;
    var found = said.names.find(function (n) { return / $/.test(n[0]) ? now.startsWith(n[0]) : now === n[0]; });
    var wanted = found ? found[1] + now.slice(found[0].length) : now;
    e.geopartyFound = now; e.geopartyGiven = wanted;
    if (e.getAttribute("aria-label") !== wanted) e.setAttribute("aria-label", wanted);
  }
  function name(selector, text) {
    document.querySelectorAll(selector).forEach(function (e) { if (e.getAttribute("aria-label") !== text) e.setAttribute("aria-label", text); });
  }
  function all() {
    document.documentElement.lang = said.lang;
    document.querySelectorAll("button[aria-label],section[aria-label],nav[aria-label],input[aria-label],span[aria-label]").forEach(mend);
    name("iframe[title*=st_folium]", said.map);
    name("[data-testid=stSkipToContent]", said.skip);
  }
  var waits = false, old = window.geopartyFrame;
  if (old) old.disconnect();
  window.geopartyFrame = new MutationObserver(function () {
    if (!waits) { waits = true; requestAnimationFrame(function () { waits = false; all(); }); }
  });
  window.geopartyFrame.observe(document.body, { subtree: true, childList: true, attributeFilter: ["aria-label"] });
  all();
})