// The console's own small things: theme, ages, menus, the dialog, what failed. Everything else is HTML.
"use strict";

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

document.addEventListener("DOMContentLoaded", () => {
  const title = document.title, units = document.body.dataset.units.split("|");
  // This machine's clock may be wrong; ages are told by the console's.
  const ahead = Date.now() - Date.parse(document.body.dataset.now);
  const since = (element) => Math.max(0, (Date.now() - ahead - Date.parse(element.dateTime)) / 1000);

  function ages() {
    for (const each of document.querySelectorAll("[data-running]")) each.textContent = clock(since(each));
    for (const each of document.querySelectorAll("[data-age]")) {
      const seconds = since(each);
      const [size, unit] = seconds < 60 ? [1, 0] : seconds < 3600 ? [60, 1] : seconds < 86400 ? [3600, 2] : [86400, 3];
      each.textContent = `${Math.floor(seconds / size)} ${units[unit]}`;
      if (each.dataset.slow) each.classList.toggle("slow", seconds > Number(each.dataset.slow));
    }
    const count = Number(document.querySelector("[data-title-count]")?.dataset.titleCount);
    document.title = count ? `(${count}) ${title}` : title;
  }
  ages();
  setInterval(ages, 1000);
  document.addEventListener("htmx:afterSwap", ages);

  document.getElementById("theme").addEventListener("click", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
    const next = now === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    localStorage.setItem("theme", next);
    document.dispatchEvent(new Event("themed"));
  });
});

// ---------------------------------------------------------------- menus and the dialog
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  for (const menu of document.querySelectorAll("details.who[open]"))
    if (!menu.contains(event.target)) menu.open = false;
  const dialog = event.target.closest("dialog");
  if (!dialog || !(event.target === dialog || event.target.closest("[data-closes]"))) return;
  event.preventDefault();
  dialog.close();
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.matches?.("dialog") && !event.target.open) event.target.showModal();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.who[open]")) menu.open = false;
});

// ---------------------------------------------------------------- keys; the dialog #keys says them
const go = (target) => () => { const found = document.querySelector(target); if (found) location.assign(found.href); };
const step = (by) => () => {
  const rows = [...document.querySelectorAll("main [data-row]")].filter((row) => row.querySelector("a, button"));
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)];
  row?.querySelector("a.said, a.number, a, button").focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
};
// Only in the row that the keyboard is in: what one does not look at is not dispatched.
const guess = (place) => () => document.activeElement.closest("[data-row]")?.querySelector(`[data-guess="${place}"]`)?.click();
const KEYS = {
  "?": () => document.getElementById("keys")?.showModal(),
  "/": () => document.querySelector(".find input")?.focus(),
  j: step(1),
  k: step(-1),
  1: guess(1),
  2: guess(2),
  3: guess(3),
  "g d": go("[data-key='g d']"),
  p: () => { const own = document.querySelector("[data-key=p]"); own?.matches("button") ? own.click() : own?.focus(); },
  "g q": go("[data-key='g q']"),
  "g c": go("[data-key='g c']"),
};
let first = "", forgets;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.key === "Shift") return;
  if (event.target.closest("input, textarea, select, dialog[open], [contenteditable]")) return;
  const key = first ? `${first} ${event.key}` : event.key;
  clearTimeout(forgets);
  first = key === "g" ? key : "";
  if (first) forgets = setTimeout(() => { first = ""; }, 1500);
  if (!Object.hasOwn(KEYS, key)) return;
  event.preventDefault();
  KEYS[key]();
});

// ---------------------------------------------------------------- what failed is said
let hiding;
function toast(text) {
  const line = document.getElementById("toast");
  line.textContent = text;
  line.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { line.hidden = true; }, 8000);
}
const byItself = (event) => "X-Background" in (event.detail.requestConfig?.headers ?? {});
document.addEventListener("htmx:responseError", (event) => {
  const said = event.detail.xhr.getResponseHeader("Content-Type")?.startsWith("text/html") && event.detail.xhr.responseText;
  if (!byItself(event)) toast(said && said.length < 200 ? said.trim() : document.body.dataset.failed);
});
document.addEventListener("htmx:sendError", (event) => {
  if (!byItself(event)) toast(document.body.dataset.failed);
});
