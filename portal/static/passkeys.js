// Passkeys (WebAuthn): asks the browser for one and sends its answer with the form. Loaded only by
// pages that have such a form.
"use strict";
(() => {
  const root = document.documentElement;
  if (root.dataset.passkeys) return; // HTMX may bring a second page with this script
  root.dataset.passkeys = "ready";

  const sentences = {
    NotAllowedError: "No passkey was used: it was cancelled, took too long, or this browser has none for the portal.",
    InvalidStateError: "This device holds a passkey of yours for the portal already.",
    SecurityError: "Passkeys do not work at this address. Open the portal by its name, with a certificate that the browser trusts.",
  };
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  function asked(question) {
    const options = JSON.parse(question);
    const named = [...(options.allowCredentials || []), ...(options.excludeCredentials || [])];
    [...named, options.user || {}].forEach((known) => known.id && (known.id = bytes(known.id)));
    return { publicKey: { ...options, challenge: bytes(options.challenge) } };
  }
  function told({ id, rawId, type, response }) {
    const answer = { transports: response.getTransports?.() };
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (response[name]) answer[name] = text(response[name]);
    return JSON.stringify({ id, rawId: text(rawId), type, response: answer, clientExtensionResults: {} });
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.passkey) return;
    event.preventDefault();
    const error = form.querySelector("[role=alert]");
    error.textContent = "";
    try {
      const options = asked(form.dataset.passkey);
      const ask = options.publicKey.user ? "create" : "get";
      form.elements.answer.value = told(await navigator.credentials[ask](options));
      form.submit();
    } catch (failed) {
      error.textContent = sentences[failed.name] || "This browser cannot use passkeys here.";
    }
  });
})();
