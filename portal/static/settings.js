// Comforts of forms with many settings: help that hides, filters, Enter beside the right button.
"use strict";
(() => {
  // A help text goes away with Esc, and comes again with the next hover or focus.
  function hush(tip) {
    tip.classList.add("hushed");
    for (const end of ["pointerleave", "focusout"]) tip.addEventListener(end, () => tip.classList.remove("hushed"), { once: true });
  }

  // A filter shows what holds its words, in any order, and keeps what was typed beside it.
  document.addEventListener("input", ({ target }) => {
    if (!target.dataset.filter) return;
    const sought = target.value.toLowerCase().split(/\s+/);
    const holds = (row) => sought.every((word) => row.dataset.words.includes(word));
    for (const row of document.querySelectorAll(target.dataset.filter)) {
      row.hidden = !holds(row);
      if (target.value && !row.hidden && row.closest("details")) row.closest("details").open = true;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelectorAll(".tip:is(:hover, :focus-within)").forEach(hush);
    if (event.key === "Enter" && event.target.dataset.filter) event.preventDefault();
    if (event.key === "Enter" && event.target.dataset.enter) {
      event.preventDefault(); // of several buttons in a form, the one beside the input
      document.getElementById(event.target.dataset.enter).click();
    }
  });
})();
