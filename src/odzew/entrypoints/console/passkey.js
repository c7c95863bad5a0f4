// Hands a form's question to the browser's own passkey dialogue, and its answer back to the form. Nothing else leaves or enters.
"use strict";
for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    buffer && btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const told = form.querySelector("[data-failed]");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    told.hidden = true;
    const ask = JSON.parse(form.dataset.options);
    ask.challenge = bytes(ask.challenge);
    for (const known of ask.excludeCredentials || []) known.id = bytes(known.id);
    if (ask.user) ask.user.id = bytes(ask.user.id);
    try {
      const made = await navigator.credentials[form.dataset.passkey]({ publicKey: ask });
      const response = {};
      for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
        if (made.response[name]) response[name] = text(made.response[name]);
      form.elements.answer.value = JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
      form.submit();
    } catch {
      told.hidden = false;
    }
  });
}
