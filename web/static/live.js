// What changes is pushed: a change tells that the part is old, and the part is fetched again.
// `last` is the feed's place: a page that lost its line goes on there and misses and doubles nothing.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector("[data-feed]");
  if (root) new Live(root).connect();
});

const KEEP_REVEALED_MS = 5 * 60_000;
const AGAIN_MS = 5_000;
// A browser opens six connections to one console: pages in the background give theirs back.
const HIDDEN_MS = 10_000;

class Live {
  constructor(root) {
    this.root = root;
    this.last = root.dataset.after;
    this.nouns = new Set(root.dataset.nouns.split(" "));
    this.background = "unattended" in root.dataset ? {} : { "X-Background": "1" };
    this.revealed = new Map();
    document.addEventListener("visibilitychange", () => this.looked());
    document.addEventListener("htmx:afterSwap", (event) => this.keep(event.target));
    // Where the keyboard is when the new part comes, not when it was asked for; and it is back before anything else.
    root.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.target === root) this.left = this.here(); });
    root.addEventListener("htmx:afterSwap", () => this.settle());
  }

  // ---- the line
  connect() {
    clearTimeout(this.waiting);
    this.source = new EventSource(`${this.root.dataset.feed}?after=${this.last}`);
    this.source.addEventListener("open", () => this.light(true));
    this.source.addEventListener("change", (event) => {
      this.last = event.lastEventId;
      if (this.concerns(JSON.parse(event.data))) this.soon(50);
    });
    this.source.addEventListener("error", () => {
      this.light(false);
      // The browser connects again by itself, unless the console refused: full, restarted, logged out.
      if (this.source.readyState !== EventSource.CLOSED) return;
      this.waiting = setTimeout(() => { this.refresh(); this.connect(); }, AGAIN_MS);
    });
  }

  looked() {
    clearTimeout(this.hidden);
    if (!document.hidden && this.source.readyState === EventSource.CLOSED) this.connect();
    // The queue counts in the title of its tab, so it goes on.
    if (!document.hidden || this.root.querySelector("[data-title-count]")) return;
    this.hidden = setTimeout(() => { clearTimeout(this.waiting); this.source.close(); }, HIDDEN_MS);
  }

  light(on) {
    const light = document.getElementById("live");
    light.hidden = false;
    light.classList.toggle("off", !on);
    const text = light.querySelector("span");
    const says = on ? text.dataset.on : text.dataset.off;
    if (text.textContent !== says) text.textContent = says;
  }

  // ---- the part
  concerns({ noun, key }) {
    if (noun === "all") return true;
    const keys = this.root.querySelector("[data-keys]")?.dataset.keys;
    return this.nouns.has(noun) && (keys === undefined || keys.split(" ").includes(key));
  }

  soon(ms) {
    if (this.fetching) { this.stale = true; return; }
    this.timer ??= setTimeout(() => { this.timer = null; this.refresh(); }, ms);
  }

  async refresh() {
    // Words that somebody is marking are not taken from under the mouse.
    const selection = getSelection();
    if (!selection.isCollapsed && this.root.contains(selection.anchorNode)) return this.soon(1000);
    this.fetching = true;
    let again = 0;
    try {
      const { part } = this.root.dataset;
      await htmx.ajax("GET", part, { target: this.root, swap: "innerHTML", headers: this.background });
    } catch {
      again = AGAIN_MS;
    }
    this.fetching = false;
    this.settle();
    if (this.stale || again) { this.stale = false; this.soon(again || 50); }
  }

  here() {
    return { before: new Set(this.rows().map((row) => row.dataset.row)), place: this.place(document.activeElement) };
  }

  settle() {
    if (!this.left) return;
    const { before, place } = this.left;
    this.left = null;
    for (const row of this.rows()) if (!before.has(row.dataset.row)) row.classList.add("fresh");
    if (place && !this.root.contains(document.activeElement)) {
      const found = [...this.root.querySelectorAll("a, button")].find((each) => this.place(each) === place);
      found?.focus({ preventScroll: true });
    }
    for (const [secret, { html, until }] of this.revealed) {
      if (Date.now() > until) this.revealed.delete(secret);
      for (const each of this.root.querySelectorAll(`[data-secret="${secret}"]`))
        if (Date.now() <= until) each.innerHTML = html;
    }
  }

  rows() { return [...this.root.querySelectorAll("[data-row]")]; }

  place(element) {
    if (!this.root.contains(element)) return null;
    return element.getAttribute("href") || element.getAttribute("hx-post") || element.dataset.player;
  }

  keep(element) {
    const secret = element.dataset?.secret;
    if (secret) this.revealed.set(secret, { html: element.innerHTML, until: Date.now() + KEEP_REVEALED_MS });
  }
}
