// The page of a case by three keys: a digit chooses the rule, a letter the outcome, Enter records what was shown.
// Without this script every step is a button. Keys do nothing while somebody writes, and can be turned off.
"use strict";
(() => {
  const form = document.getElementById("decision");
  const keys = document.getElementById("keys");
  const place = document.getElementById("shown");
  const button = document.getElementById("keys-switch");
  if (!form || !keys || !place || !button) return;
  const field = form.elements;
  let ready = "";
  let turn = 0;

  const off = () => localStorage.getItem("keys") === "off";
  const say = () => { button.textContent = off() ? button.dataset.on : button.dataset.off; };
  button.hidden = false;
  button.addEventListener("click", () => { localStorage.setItem("keys", off() ? "on" : "off"); say(); });
  say();

  const outcome = () => field.outcome.value;

  // A sentence stands ready where something must go; a clearing is always given in a person's own words.
  const prepare = () => {
    const chosen = field.ground.selectedOptions[0];
    const words = form.getAttribute(`data-ready-${outcome()}`);
    const text = field.reason.value;
    if (text.trim() && text !== ready) return;
    ready = words && chosen && chosen.value ? words.replace("{rule}", () => chosen.dataset.own) : "";
    field.reason.value = ready;
  };

  const forget = () => { turn += 1; place.replaceChildren(); };

  const show = async () => {
    forget();
    if (!outcome() || !field.ground.value) return;
    if (!field.reason.value.trim()) { field.reason.focus(); return; }
    const mine = turn;
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "error" });
    if (mine !== turn) return;
    const seen = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("preview");
    if (mine !== turn) return;
    if (!seen) { form.submit(); return; }
    seen.querySelector("#record").autofocus = false;
    place.replaceChildren(...[...seen.children].map((child) => document.importNode(child, true)));
    place.querySelector("#record").focus();
  };

  form.addEventListener("input", forget);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
    if (off() || event.target.closest("textarea, select, input:not([type=radio])")) return;
    if (event.key === "?") { keys.open = !keys.open; event.preventDefault(); return; }
    const radio = [...form.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key);
    const rule = /^[1-9]$/.test(event.key) ? field.ground.options[Number(event.key)] : undefined;
    if (radio) radio.checked = true;
    else if (rule) rule.selected = true;
    else return;
    event.preventDefault();
    prepare();
    show().catch(() => form.submit());
  });
})();
