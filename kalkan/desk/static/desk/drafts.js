/* Writing a draft: counters, marks under the words, proposals, keys. The page works without this file. */
(() => {
  "use strict";
  const typing = (el) => el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));
  const keysOff = () => { const box = document.getElementById("keys-on"); return (box && !box.checked) || document.querySelector("dialog[open]"); };
  const begin = document.querySelector("[data-new]");
  if (begin) document.addEventListener("keydown", (event) => {
    if (event.key !== "n" || event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(document.activeElement) || keysOff()) return;
    event.preventDefault();
    begin.click();
  });
  const form = document.getElementById("write");
  if (!form) return;
  const segmenter = typeof Intl !== "undefined" && Intl.Segmenter ? new Intl.Segmenter() : null;
  const signs = (text) => (segmenter ? [...segmenter.segment(text)].length : [...text].length);
  const lang = document.documentElement.lang || "en";
  const number = (n) => n.toLocaleString(lang);

  // As the networks count: Mastodon takes every address as 23 signs and a handle without its server.
  const count = (area) => {
    const link = Number(area.dataset.link || 0);
    return Math.max(...area.value.split(/^[ \t]*---[ \t]*$/m).map((part) => {
      let text = part.trim();
      if (link) text = text.replace(/https?:\/\/\S+/g, "x".repeat(link)).replace(/(^|[^\w/])@(\w+)@[\w.-]+\w/g, "$1@$2");
      return signs(text);
    }));
  };
  const key = (area) => area.name.slice("text-".length);
  const tell = (area) => {
    const n = count(area), most = Number(area.dataset.limit);
    const word = document.querySelector(`[data-count="${CSS.escape(key(area))}"]`);
    const bar = document.querySelector(`[data-bar="${CSS.escape(key(area))}"]`);
    if (word) { word.textContent = area.dataset.word.replace("{n}", number(n)).replace("{most}", number(most)); word.classList.toggle("over", n > most); }
    if (bar) { bar.value = Math.min(n, most); bar.classList.toggle("over", n > most); }
  };

  // The words that a finding is about, marked in a copy of the text that lies under the field.
  let marks = [];
  const mark = (area) => {
    const under = document.querySelector(`[data-marks-of="${CSS.escape(key(area))}"]`);
    if (!under) return;
    const text = area.value, found = [];
    for (const each of marks) {
      if (!each.words) continue;
      for (let at = text.indexOf(each.words); at >= 0; at = text.indexOf(each.words, at + each.words.length)) found.push([at, at + each.words.length, each]);
    }
    found.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
    const nodes = [];
    let end = 0;
    for (const [from, to, each] of found) {
      if (from < end) continue;
      nodes.push(text.slice(end, from));
      const node = document.createElement("mark");
      if (each.level !== "hold") node.className = "c";
      node.textContent = text.slice(from, to);
      const no = document.createElement("sup");
      no.textContent = each.no;
      node.append(no);
      nodes.push(node);
      end = to;
    }
    nodes.push(text.slice(end) + "\n");
    under.replaceChildren(...nodes);
  };
  const areas = () => [...form.querySelectorAll("textarea[data-limit]")];
  const remark = () => {
    const room = document.getElementById("room");
    try { marks = JSON.parse((room && room.dataset.marks) || "[]"); } catch { marks = []; }
    areas().forEach(mark);
  };
  document.addEventListener("htmx:afterSettle", remark);

  let dirty = false;
  const unsaved = form.querySelector("[data-unsaved]");
  form.addEventListener("input", (event) => {
    dirty = true;
    if (unsaved) unsaved.hidden = false;
    if (event.target.matches("textarea[data-limit]")) { tell(event.target); mark(event.target); }
  });
  form.addEventListener("submit", () => { dirty = false; });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  const press = (button) => {
    if (button.dataset.setDay) {
      const day = form.elements.day, hour = form.elements.hour;
      day.value = button.dataset.setDay; hour.value = button.dataset.setHour;
      day.dispatchEvent(new Event("input", { bubbles: true }));
      day.focus();
    } else if (button.dataset.find) {
      const area = areas().find((each) => each.value.includes(button.dataset.find));
      if (area) { const at = area.value.indexOf(button.dataset.find); area.focus(); area.setSelectionRange(at, at + button.dataset.find.length); }
    }
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-set-day], [data-find]");
    if (button) press(button);
  });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); form.requestSubmit(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(document.activeElement) || keysOff()) return;
    if (/^[1-4]$/.test(event.key)) {
      const button = document.querySelector(`[data-proposal="${event.key}"]`);
      if (button) { event.preventDefault(); button.click(); }
    } else if (event.key === "s" && !event.repeat) {
      const button = document.querySelector("[data-submit]");
      if (button) { event.preventDefault(); button.focus(); }
    }
  });

  areas().forEach(tell);
  remark();
})();
