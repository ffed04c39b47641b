// The inventory's list: a tick in the head ticks the page, and the ticked ones are counted.
"use strict";
(() => {
  const boxes = () => [...document.querySelectorAll('input[name="mac"][form="selection"]')];
  function count() {
    const all = boxes();
    const ticked = all.filter((box) => box.checked).length;
    const head = document.querySelector("[data-tick-all]");
    const said = document.querySelector("[data-selected]");
    if (!head || !said) return;
    head.checked = ticked > 0 && ticked === all.length;
    head.indeterminate = ticked > 0 && ticked < all.length;
    said.textContent = ticked ? `${ticked} ticked` : "";
  }
  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-tick-all]")) boxes().forEach((box) => (box.checked = target.checked));
    if (!target.matches('[data-tick-all], input[name="mac"]')) return;
    document.getElementById("scope").value = "ticked";
    count();
  });
  document.addEventListener("htmx:after:settle", count);
  count(); // the browser ticks again what was ticked before “Back”
})();
