// The search of the head: `/` leads there. In the list below it arrow keys choose, Enter opens, Esc
// closes. Without a choice Enter sends the form, as a scanner does; then the server opens what is
// meant. Works by the pattern “combobox with a list” (WAI-ARIA): the focus stays in the box.
"use strict";
(() => {
  const box = document.getElementById("search");
  const list = document.getElementById("search-found");
  if (!box || !list) return;
  const options = () => [...list.querySelectorAll('[role="option"]')];

  let chosen; // the address of what is chosen
  function choose(option) {
    chosen = option?.href;
    options().forEach((one) => one.setAttribute("aria-selected", String(one === option)));
    if (option) {
      box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else box.removeAttribute("aria-activedescendant");
  }
  function open(isOpen) {
    list.hidden = !isOpen;
    box.setAttribute("aria-expanded", String(isOpen));
    choose(null);
  }
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable], dialog");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    box.focus(); // select() alone does so in some browsers only
    box.select();
  });
  box.addEventListener("input", () => choose(null));
  // The answer to what was typed last may come after an arrow key: it leaves the choice where it is.
  list.addEventListener("htmx:after:settle", () => {
    const before = chosen;
    open(document.activeElement === box && box.value.trim() !== "" && list.childElementCount > 0);
    if (before) choose(options().find((one) => one.href === before));
  });

  box.addEventListener("keydown", (event) => {
    const all = options();
    const now = all.findIndex((one) => one.id === box.getAttribute("aria-activedescendant"));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      if (!list.hidden) event.preventDefault(); // the first one closes, the second one empties
      open(false);
    } else if (step && all.length) {
      event.preventDefault();
      if (list.hidden) open(true);
      choose(all[now < 0 ? (step > 0 ? 0 : all.length - 1) : (now + step + all.length) % all.length]);
    } else if (event.key === "Enter" && !list.hidden && now >= 0) {
      event.preventDefault();
      all[now].click();
    }
  });
  box.addEventListener("focus", () => open(list.childElementCount > 0 && box.value.trim() !== ""));
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest(".search")) open(false);
  });
  box.form.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !box.form.contains(event.relatedTarget)) open(false);
  });
})();
