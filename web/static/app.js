// The console's own script: theme, the live light, ages, the player. Everything else is HTML.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  document.getElementById("theme")?.addEventListener("click", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
    const next = now === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    localStorage.setItem("theme", next);
    document.querySelectorAll("[data-player]").forEach((player) => player.dispatchEvent(new Event("redraw")));
  });
  readyPlayers(document);
  setInterval(tick, 1000);
});

// ---------------------------------------------------------------- the live light
function live(on) {
  const light = document.getElementById("live");
  if (!light) return;
  light.hidden = false;
  light.classList.toggle("off", !on);
  const text = light.querySelector("span");
  text.textContent = on ? text.dataset.on : text.dataset.off;
}
document.addEventListener("htmx:sseOpen", () => live(true));
document.addEventListener("htmx:sseError", () => live(false));

// A page that is listened to is not swapped away under the listener.
document.addEventListener("htmx:beforeSwap", (event) => {
  const playing = event.target.querySelector?.("[data-player].playing");
  if (playing) {
    event.preventDefault();
    playing.addEventListener("paused", () => htmx.trigger(event.target, "sse:case"), { once: true });
  }
});
document.addEventListener("htmx:afterSettle", (event) => readyPlayers(event.target));

function tick() {
  document.querySelectorAll("[data-since]").forEach((each) => {
    const seconds = Math.max(0, Math.round((Date.now() - Date.parse(each.dataset.since)) / 1000));
    each.textContent = clock(seconds);
  });
}
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

// ---------------------------------------------------------------- the player
function readyPlayers(root) {
  root.querySelectorAll("[data-player]:not(.ready)").forEach((player) => new Player(player));
}

class Player {
  constructor(root) {
    root.classList.add("ready");
    this.root = root;
    this.peaks = JSON.parse(root.dataset.peaks || "[]");
    this.seconds = Number(root.dataset.seconds);
    this.canvas = root.querySelector("canvas");
    this.output = root.querySelector("output");
    this.button = root.querySelector("[data-play]");
    this.audio = new Audio();
    this.audio.preload = "none"; // a play is written down: nothing is fetched before somebody listens
    this.audio.src = root.dataset.source;
    this.button.addEventListener("click", () => this.toggle());
    root.querySelector("[data-speed]").addEventListener("click", (event) => this.speed(event.target));
    this.canvas.addEventListener("click", (event) => this.seek((event.offsetX / this.canvas.clientWidth) * this.length()));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["timeupdate", "play", "pause", "ended", "loadedmetadata"])
      this.audio.addEventListener(name, () => this.show());
    root.addEventListener("redraw", () => this.draw());
    document.querySelectorAll(".text .w[data-at]").forEach((word) =>
      word.addEventListener("click", () => this.seek(Number(word.dataset.at), true)));
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    this.show();
  }
  length() { return Number.isFinite(this.audio.duration) && this.audio.duration > 0 ? this.audio.duration : this.seconds || 1; }
  toggle() { this.audio.paused ? this.audio.play() : this.audio.pause(); }
  seek(to, play = false) {
    const go = () => { this.audio.currentTime = Math.min(Math.max(0, to), this.length()); };
    if (this.audio.readyState > 0) go();
    else { this.audio.addEventListener("loadedmetadata", go, { once: true }); this.audio.load(); this.audio.play(); }
    if (play) this.audio.play();
  }
  speed(button) {
    const speeds = [1, 1.25, 1.5, 2, 0.75];
    this.audio.playbackRate = speeds[(speeds.indexOf(this.audio.playbackRate) + 1) % speeds.length];
    button.textContent = `${this.audio.playbackRate}×`;
  }
  key(event) {
    const moves = { ArrowLeft: -2, ArrowRight: 2 };
    if (event.key in moves) this.seek(this.audio.currentTime + moves[event.key]);
    else if (event.key === " " || event.key === "Enter") this.toggle();
    else return;
    event.preventDefault();
  }
  show() {
    const playing = !this.audio.paused && !this.audio.ended;
    this.root.classList.toggle("playing", playing);
    if (!playing) this.root.dispatchEvent(new Event("paused"));
    this.button.textContent = playing ? "❚❚" : "▶";
    this.output.textContent = `${clock(this.audio.currentTime)} / ${clock(this.length())}`;
    this.canvas.setAttribute("aria-valuenow", this.audio.currentTime.toFixed(1));
    const at = this.audio.currentTime;
    document.querySelectorAll(".text .w[data-at]").forEach((word) =>
      word.classList.toggle("now", playing && at >= Number(word.dataset.at) && at < Number(word.dataset.end)));
    this.draw();
  }
  draw() {
    const scale = devicePixelRatio || 1, width = this.canvas.clientWidth, height = this.canvas.clientHeight;
    if (!width) return;
    this.canvas.width = width * scale;
    this.canvas.height = height * scale;
    const pen = this.canvas.getContext("2d"), style = getComputedStyle(this.root);
    pen.scale(scale, scale);
    const bars = Math.max(1, Math.floor(width / 4)), played = this.audio.currentTime / this.length();
    for (let i = 0; i < bars; i++) {
      const from = Math.floor((i * this.peaks.length) / bars), to = Math.max(from + 1, Math.floor(((i + 1) * this.peaks.length) / bars));
      const peak = this.peaks.length ? Math.max(...this.peaks.slice(from, to)) : 0.04;
      const tall = Math.max(2, peak * (height - 6));
      pen.fillStyle = i / bars < played ? style.color : style.borderTopColor;
      pen.fillRect(i * 4, (height - tall) / 2, 2.5, tall);
    }
  }
}
