// Small comforts; every page works without them. Loaded in the head, so the theme is set before
// anything is drawn; all listeners sit on the document and survive swaps.
"use strict";
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  root.classList.add("js");

  // Theme: the system's, unless the person chose the other one.
  const stored = localStorage.getItem("theme");
  if (stored) root.dataset.bsTheme = stored;
  function toggleTheme() {
    const system = dark.matches ? "dark" : "light";
    const chosen = (root.dataset.bsTheme || system) === "dark" ? "light" : "dark";
    if (chosen === system) {
      delete root.dataset.bsTheme;
      localStorage.removeItem("theme");
    } else {
      root.dataset.bsTheme = chosen;
      localStorage.setItem("theme", chosen);
    }
  }

  // Toasts: good news leaves by itself, unless pointer or focus rest on it; the rest is closed by
  // hand. What can be taken back stays longer, and its button is a form like any other.
  const drawings = { success: "check", error: "error", warning: "warning" };
  function icon(name) {
    const svg = document.querySelector(".brand .icon").cloneNode(true);
    svg.firstElementChild.setAttribute("href", `#i-${name}`);
    return svg;
  }
  const made = (tag, told) => Object.assign(document.createElement(tag), told);
  function furnish(toast) {
    const close = made("button", { type: "button", className: "close" });
    close.setAttribute("aria-label", "Close");
    close.append(icon("close"));
    close.addEventListener("click", () => toast.remove());
    toast.append(close);
    if (!toast.matches(".toast-success, .toast-info")) return;
    const ms = toast.querySelector("form") ? 15000 : 6000;
    const leave = () => setTimeout(() => (toast.matches(":hover, :focus-within") ? leave() : toast.remove()), ms);
    leave();
  }
  function undoForm(address, version) {
    const form = made("form", { method: "post", action: address });
    const seen = made("input", { type: "hidden", name: "version", value: version });
    const button = made("button", { textContent: "Undo", className: "btn btn-quiet btn-sm" });
    form.append(document.querySelector('[name="csrf_token"]').cloneNode(), seen, button);
    return form;
  }
  function show({ kind, message, undo, version }) {
    const toast = made("div", { className: `toast-line toast-${kind}` });
    toast.append(icon(drawings[kind] || "info"), made("span", { textContent: message }));
    if (undo) toast.append(undoForm(undo, version));
    document.getElementById("toasts").append(toast);
    furnish(toast);
  }
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("#toasts > *").forEach(furnish);
    focusInvalid(document);
    document.querySelector(".places [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  });
  document.addEventListener("portal:toast", (event) => event.detail.toasts.forEach(show));

  // What HTMX does not swap: answers of 500 and above, and no answer at all.
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    if (ctx.response.status < 500) return;
    show({ kind: "error", message: `The portal could not do this (error ${ctx.response.status}). Try again.` });
  });
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    if (ctx) show({ kind: "error", message: "The portal does not answer. Check your connection and try again." });
  });

  const focusInvalid = (where) => where.querySelector('[aria-invalid="true"], [data-invalid]')?.focus();
  document.addEventListener("htmx:after:settle", (event) => focusInvalid(event.target));

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest(selector);
    let found;
    if (hit("[data-theme-toggle]")) toggleTheme();
    else if ((found = hit("[data-close]"))) document.getElementById(found.dataset.close)?.remove();
    else if ((found = hit("[data-copy]")))
      navigator.clipboard.writeText(found.dataset.copy).then(
        () => show({ kind: "success", message: "Copied" }),
        () => show({ kind: "error", message: "Your browser does not allow copying here" }),
      );
    else if ((found = hit("[data-dialog]")) && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      document.getElementById(found.dataset.dialog).showModal();
    } else if (event.target.matches("dialog[open]")) event.target.close(); // its backdrop
  });
})();
