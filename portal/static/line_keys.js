// Line keys are moved with the pointer or from the keyboard; the server swaps the rows of the form.
// A page works without this too: its rows have buttons that move them.
"use strict";
(() => {
  let grabbed = null; // the data-key of the key that is moved

  const keys = () => [...document.querySelectorAll("[data-line-keys] [data-key]")];
  const keyAt = (place) => keys().find((key) => key.dataset.key === place);
  const say = (text) => (document.getElementById("announce").textContent = text);
  const numberOf = (key) => key.querySelector(".key-number").textContent;

  function grab(key) {
    grabbed = key.dataset.key;
    key.classList.add("grabbed");
    say(`Key ${numberOf(key)} is picked up`);
  }
  function release() {
    keyAt(grabbed)?.classList.remove("grabbed");
    grabbed = null;
  }
  function drop(key) {
    const from = grabbed;
    release();
    if (key.dataset.key === from) return say("Put back");
    const button = document.getElementById("move-key");
    button.value = `${from}>${key.dataset.key}`;
    button.click();
  }
  // The neighbour in a direction, as the keys are drawn: rows wrap with the width of the window.
  function neighbour(key, arrow) {
    const all = keys();
    const [here, step] = [all.indexOf(key), { ArrowLeft: -1, ArrowRight: 1 }[arrow]];
    if (step) return all[here + step];
    const { left, top } = key.getBoundingClientRect();
    const side = arrow === "ArrowUp" ? -1 : 1;
    const ahead = all.filter((one) => (one.getBoundingClientRect().top - top) * side > 4);
    const far = (one) => Math.abs(one.getBoundingClientRect().top - top) * 10 + Math.abs(one.getBoundingClientRect().left - left);
    return ahead.sort((one, other) => far(one) - far(other))[0];
  }

  document.addEventListener("keydown", (event) => {
    const key = event.target.closest?.("[data-key]");
    if (!key) return;
    if (event.key === " " && (grabbed || key.matches(".own"))) {
      event.preventDefault();
      if (grabbed) drop(key);
      else grab(key);
    } else if (event.key === "Escape" && grabbed) {
      release();
      say("Left where it was");
    } else if (event.key.startsWith("Arrow")) {
      event.preventDefault();
      neighbour(key, event.key)?.focus();
    }
  });
  // A button is pressed when Space comes up again; not the one that a key was put down on.
  document.addEventListener("keyup", (event) => {
    if (event.key === " " && event.target.closest?.("[data-key]")) event.preventDefault();
  });

  document.addEventListener("dragstart", (event) => {
    const key = event.target.closest?.("[data-key]");
    if (!key) return;
    grab(key);
    event.dataTransfer.setData("text/plain", grabbed); // without, Firefox does not drag
  });
  document.addEventListener("dragover", (event) => {
    if (grabbed && event.target.closest?.("[data-key]")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const key = event.target.closest?.("[data-key]");
    if (!grabbed || !key) return;
    event.preventDefault();
    drop(key);
  });
  document.addEventListener("dragend", () => grabbed && release());
})();
