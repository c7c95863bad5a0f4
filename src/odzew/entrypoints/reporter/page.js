(function () {
  "use strict";
  var d = document, presses = 0, first = 0;
  function leave(event) {
    if (event) event.preventDefault();
    d.title = "";
    d.documentElement.className = "gone";
    d.body.textContent = "";
    location.replace("/exit");
  }
  function each(name, act) {
    [].forEach.call(d.querySelectorAll("[data-" + name + "]"), function (e) {
      e.hidden = false;
      if (act) e.addEventListener("click", function (event) { act(event, e); });
    });
  }
  each("leave", leave);
  each("script");
  each("print", function () { print(); });
  each("copy", function (event, e) {
    var code = d.querySelector("[data-receipt-code]").textContent;
    navigator.clipboard.writeText(code).then(function () { e.textContent = e.getAttribute("data-copy"); });
  });
  if (!navigator.clipboard) [].forEach.call(d.querySelectorAll("[data-copy]"), function (e) { e.hidden = true; });
  addEventListener("keydown", function (event) {
    if (event.key !== "Shift" || event.repeat) { presses = event.key === "Shift" ? presses : 0; return; }
    var now = Date.now();
    if (!presses || now - first > 5000) { presses = 0; first = now; }
    if (++presses === 3) leave();
  });
  addEventListener("pageshow", function (event) { if (event.persisted && d.documentElement.className) location.reload(); });
})();
