/* Keys, live parts, the browser's time zone. Everything on the desk works without this file. */
(() => {
  "use strict";
  const typing = (el) => el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));
  const store = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, value); } catch { /* private window: forgotten, not broken */ } },
  };

  // Single keys can be switched off: some people speak to their machine, or rest a hand on the keyboard.
  const dialog = document.getElementById("keys");
  const box = document.getElementById("keys-on");
  if (box) {
    box.checked = store.get("kalkan-keys") !== "off";
    box.addEventListener("change", () => store.set("kalkan-keys", box.checked ? "on" : "off"));
  }

  const move = (step) => {
    const rows = [...document.querySelectorAll("[data-list] > li")];
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
    const target = next.querySelector("a, button") || next;
    if (target === next) next.tabIndex = -1;
    target.focus();
  };

  let g = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const el = document.activeElement;
    if (event.key === "Escape") {
      const up = document.querySelector(".crumb a");
      const open = document.querySelector("details.brands[open], dialog[open]");
      if (typing(el)) el.blur();
      else if (up && !open) up.click();
      document.querySelectorAll("details.brands[open]").forEach((each) => { each.open = false; });
      return;
    }
    if (typing(el) && el !== box) return;
    if (event.key === "?" && dialog) { event.preventDefault(); dialog.open ? dialog.close() : dialog.showModal(); return; }
    if (box && !box.checked) return;
    if (g && Date.now() - g < 1500) {
      g = 0;
      const link = document.querySelector(`.rail a[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    if (event.key === "g") g = Date.now();
    else if (event.key === "/") {
      const field = document.querySelector("[data-search]");
      if (field) { event.preventDefault(); field.focus(); field.select && field.select(); }
    } else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
  });

  // A live part waits while it is being used or nobody looks, so that nothing moves under a hand.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const part = event.target;
    if (!part.matches || !part.matches("[data-live]")) return;
    const chosen = String(getSelection());
    if (document.hidden || part.contains(document.activeElement) || (chosen && part.contains(getSelection().anchorNode))) event.preventDefault();
  });
  // Signed out meanwhile: the answer would be a sign-in page inside a part. Open it as a page instead.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const to = event.detail.xhr.responseURL;
    if (/\/(sign-in|setup)\//.test(to) && !location.href.startsWith(to)) { event.detail.shouldSwap = false; location.reload(); }
  });

  // Copying a link. Without a clipboard (plain HTTP from another machine) the field can still be selected by hand.
  document.querySelectorAll("[data-copy]").forEach((button) => {
    if (!navigator.clipboard) return;
    const field = document.getElementById(button.dataset.copy);
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      try { await navigator.clipboard.writeText(field.value); button.textContent = button.dataset.done; } catch { field.focus(); }
    });
  });

  const zone = document.querySelector("[data-zone]");
  if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";

  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.brands[open]").forEach((each) => { if (!each.contains(event.target)) each.open = false; });
  });
  // On a phone the rail is one scrolling line: bring the page's own name into view.
  const here = document.querySelector(".rail [aria-current]");
  if (here && matchMedia("(max-width: 47.5rem)").matches) here.scrollIntoView({ block: "nearest", inline: "center" });
})();
