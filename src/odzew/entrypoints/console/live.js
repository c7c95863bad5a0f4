// A page that stands open asks now and then how its cases stand by now. Rows stay where they are; what came since is only counted.
// Without this script a link loads the page anew. While the page is not looked at, nothing is asked.
"use strict";
(() => {
  const place = document.getElementById("fresh");
  const news = document.getElementById("news");
  if (!place || !news) return;
  const pause = Number(place.dataset.every) * 1000;
  let tag = "";
  let timer = 0;
  let over = false;

  const say = (words) => { if (news.textContent !== words) news.textContent = words; };

  const put = (fresh) => {
    for (const old of document.querySelectorAll("[data-live]")) {
      const now = fresh.querySelector(`[data-live="${old.dataset.live}"]`);
      if (!now) old.textContent = old.dataset.gone || place.dataset.gone;
      else if (now.innerHTML.trim() !== old.innerHTML.trim()) {
        old.replaceChildren(...[...now.childNodes].map((node) => document.importNode(node, true)));
      }
    }
    say(fresh.getElementById("news").textContent);
  };

  const ask = async () => {
    const answer = await fetch(place.dataset.ask, { headers: tag ? { "If-None-Match": tag } : {}, redirect: "error" });
    if (answer.status === 304) return;
    if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) {
      over = true;
      say(place.dataset.ended);
    } else if (answer.ok) {
      put(new DOMParser().parseFromString(await answer.text(), "text/html"));
      tag = answer.headers.get("ETag") || "";
    } else throw new Error("not now");
  };

  const later = () => {
    clearTimeout(timer);
    if (!over && !document.hidden) timer = setTimeout(turn, pause);
  };

  const turn = () => ask().catch(() => { tag = ""; say(place.dataset.lost); }).finally(later);

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!over && !document.hidden) turn();
  });
  later();
})();
