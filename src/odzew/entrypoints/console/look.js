// Hold a key, or a finger, to see; release to hide. Without this script the picture is seen until it is hidden by the button.
"use strict";
(() => {
  const glass = document.getElementById("glass");
  const picture = document.getElementById("picture");
  const hide = document.getElementById("hide");
  const hold = document.getElementById("hold");
  if (!glass || !picture || !hide || !hold) return;
  let since = 0, held = 0, over = false;
  const see = () => { if (!since && !over) { since = performance.now(); glass.classList.add("open"); } };
  const cover = () => { if (since) { held += performance.now() - since; since = 0; } glass.classList.remove("open"); };
  const told = () => { cover(); hide.elements.ms.value = String(Math.round(held)); };
  const end = () => {
    if (over) return;
    told();
    over = true;
    picture.removeAttribute("src");
    picture.remove();
    navigator.sendBeacon(hide.action, new URLSearchParams(new FormData(hide)));
  };
  glass.classList.add("held");
  glass.tabIndex = 0;
  hold.hidden = false;
  addEventListener("keydown", (e) => { if (e.key === " " && (e.target === glass || e.target === document.body)) { e.preventDefault(); see(); } });
  addEventListener("keyup", (e) => { if (e.key === " ") cover(); });
  glass.addEventListener("pointerdown", (e) => { e.preventDefault(); see(); });
  for (const name of ["pointerup", "pointercancel", "blur"]) addEventListener(name, cover);
  addEventListener("contextmenu", (e) => { if (glass.contains(e.target)) e.preventDefault(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) cover(); });
  hide.addEventListener("submit", () => { told(); over = true; });
  addEventListener("pagehide", end);
  glass.focus();
})();
