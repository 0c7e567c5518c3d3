/* The key of one story: w writes a draft. The button does the same without this file. */
(() => {
  "use strict";
  document.addEventListener("keydown", (event) => {
    const box = document.getElementById("keys-on");
    const button = document.querySelector("[data-draft]");
    if (event.key !== "w" || !button || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if ((box && !box.checked) || document.querySelector("dialog[open]")) return;
    const el = document.activeElement;
    if (el && el !== box && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName))) return;
    event.preventDefault();
    button.click();
  });
})();
