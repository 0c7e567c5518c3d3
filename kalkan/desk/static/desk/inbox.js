// The inbox with the keyboard, folds that are counted when they are opened, and saved answers.
(() => {
  "use strict";
  const inbox = document.querySelector("[data-inbox]");
  if (!inbox) return;
  const token = inbox.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
  inbox.querySelectorAll("[data-fold]").forEach((fold) => {
    let counted = false;
    fold.addEventListener("toggle", async () => {
      if (!fold.open || counted) return;
      counted = true;
      const body = new URLSearchParams({ characters: fold.dataset.characters, csrfmiddlewaretoken: token });
      const answer = await fetch(fold.dataset.fold, { method: "POST", body, headers: { "X-CSRFToken": token } });
      const dose = document.getElementById("dose");
      if (answer.ok && dose) dose.innerHTML = await answer.text(); // our own page's part, escaped by the server
    });
  });
  const saved = inbox.querySelector("[data-saved]");
  const reply = inbox.querySelector("#r");
  saved?.addEventListener("change", () => { if (saved.value) { reply.value = saved.value; reply.focus(); } });
  reply?.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) reply.form.requestSubmit(); });
  let after = 0; // when g was pressed: what follows it goes to another page
  const off = () => { try { return localStorage.getItem("kalkan-keys") === "off"; } catch { return false; } };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), textarea, select, dialog") || off()) return;
    if (event.key === "g") { after = Date.now(); return; }
    if (Date.now() - after < 1500) { after = 0; return; }
    if (event.key === "x") {
      const row = document.activeElement?.closest("[data-list] > li") || inbox.querySelector("[data-list] > li.sel");
      const box = row?.querySelector(".pick");
      if (box) { event.preventDefault(); box.checked = !box.checked; }
    }
    if (event.key === "r" && reply) { event.preventDefault(); reply.focus(); }
    if (event.key === "o") { const fold = inbox.querySelector(".this details.fold"); if (fold) fold.open = !fold.open; }
    const button = inbox.querySelector(`[data-do="${CSS.escape(event.key)}"]`);
    if (button) { event.preventDefault(); button.click(); }
  });
})();
