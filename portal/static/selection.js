// Lists with ticks: the one in the head ticks the page, and the ticked ones are counted.
"use strict";
(() => {
  const head = () => document.querySelector("[data-tick-all]"); // it names the others
  const boxes = () => [...document.querySelectorAll(`input[type="checkbox"][name="${head()?.dataset.tickAll}"]`)];
  function count() {
    const all = boxes();
    const ticked = all.filter((box) => box.checked).length;
    const said = document.querySelector("[data-selected]");
    if (!head() || !said) return;
    head().checked = ticked > 0 && ticked === all.length;
    head().indeterminate = ticked > 0 && ticked < all.length;
    said.textContent = ticked ? `${ticked} ticked` : "";
  }
  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-tick-all]")) boxes().forEach((box) => (box.checked = target.checked));
    if (target !== head() && !boxes().includes(target)) return;
    document.getElementById("scope").selectedIndex = 0; // those ticked
    count();
  });
  document.addEventListener("htmx:after:settle", count);
  count(); // the browser ticks again what was ticked before “Back”
})();
