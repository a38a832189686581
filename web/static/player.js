// The player: a waveform to click, keys, speed; words light up as they are said and play when clicked.
"use strict";

document.addEventListener("DOMContentLoaded", () => readyPlayers());
document.addEventListener("htmx:afterSwap", () => readyPlayers());
const players = new Map();

function readyPlayers() {
  // A player whose place is gone says nothing more.
  for (const [root, player] of players) if (!root.isConnected) { player.audio.pause(); players.delete(root); }
  for (const root of document.querySelectorAll("[data-player]")) if (!players.has(root)) players.set(root, new Player(root));
}

document.addEventListener("click", (event) => {
  const word = event.target.closest(".w[data-at]");
  if (!word || !getSelection().isCollapsed) return;
  const { recording } = word.closest("[data-recording]").dataset;
  for (const player of players.values())
    if (player.root.dataset.recording === recording) player.seek(Number(word.dataset.at), true);
});
document.addEventListener("themed", () => players.forEach((player) => player.draw()));

const SPEEDS = [1, 1.25, 1.5, 2, 0.75];
const STEP_SECONDS = { ArrowLeft: -2, ArrowRight: 2, ArrowDown: -2, ArrowUp: 2, PageDown: -10, PageUp: 10 };
const BAR = 3, GAP = 2, LOWEST = 2;

class Player {
  constructor(root) {
    this.root = root;
    this.peaks = JSON.parse(root.dataset.peaks);
    this.seconds = Number(root.dataset.seconds);
    this.canvas = root.querySelector("canvas");
    this.output = root.querySelector("output");
    this.audio = new Audio();
    this.audio.preload = "none"; // a play is written down: nothing is fetched before somebody listens
    this.audio.src = root.dataset.source;
    root.querySelector("[data-play]").addEventListener("click", () => this.toggle());
    root.querySelector("[data-speed]").addEventListener("click", (event) => this.speed(event.target));
    this.canvas.addEventListener("pointerdown", (event) => this.drag(event));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["timeupdate", "play", "pause", "ended", "seeked", "loadedmetadata"])
      this.audio.addEventListener(name, () => this.show());
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    this.show();
  }

  get length() {
    return Number.isFinite(this.audio.duration) && this.audio.duration > 0 ? this.audio.duration : this.seconds || 1;
  }

  get playing() { return !this.audio.paused && !this.audio.ended; }

  toggle() { this.playing ? this.audio.pause() : this.audio.play(); }

  seek(to, play = false) {
    this.audio.currentTime = Math.min(Math.max(0, to), this.length); // kept until the sound is there
    if (play) this.audio.play();
    this.show();
  }

  drag(event) {
    const to = (at) => this.seek((at.offsetX / this.canvas.clientWidth) * this.length);
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.onpointermove = to;
    this.canvas.onpointerup = this.canvas.onpointercancel = () => { this.canvas.onpointermove = null; };
    to(event);
  }

  speed(button) {
    this.audio.playbackRate = SPEEDS[(SPEEDS.indexOf(this.audio.playbackRate) + 1) % SPEEDS.length];
    button.textContent = `${this.audio.playbackRate}×`;
  }

  key(event) {
    if (event.key in STEP_SECONDS) this.seek(this.audio.currentTime + STEP_SECONDS[event.key]);
    else if (event.key === "Home") this.seek(0);
    else if (event.key === "End") this.seek(this.length);
    else if (event.key === " " || event.key === "Enter") this.toggle();
    else return;
    event.preventDefault();
  }

  show() {
    this.root.classList.toggle("playing", this.playing);
    const at = this.audio.currentTime, says = `${clock(at)} / ${clock(this.length)}`;
    this.output.textContent = says;
    this.canvas.setAttribute("aria-valuenow", at.toFixed(1));
    this.canvas.setAttribute("aria-valuetext", says);
    for (const word of document.querySelectorAll(`[data-recording="${this.root.dataset.recording}"] .w[data-at]`))
      word.classList.toggle("now", this.playing && at >= Number(word.dataset.at) && at < Number(word.dataset.end));
    this.draw();
    if (this.playing && !this.moving) this.moving = requestAnimationFrame(() => { this.moving = 0; this.show(); });
  }

  draw() {
    const scale = devicePixelRatio || 1, width = this.canvas.clientWidth, height = this.canvas.clientHeight;
    if (!width) return;
    if (this.canvas.width !== Math.round(width * scale)) this.canvas.width = Math.round(width * scale);
    if (this.canvas.height !== Math.round(height * scale)) this.canvas.height = Math.round(height * scale);
    const pen = this.canvas.getContext("2d"), style = getComputedStyle(this.canvas);
    const bars = Math.max(1, Math.floor(width / (BAR + GAP))), played = (this.audio.currentTime / this.length) * bars;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    for (let i = 0; i < bars; i++) {
      const from = Math.floor((i * this.peaks.length) / bars), to = Math.max(from + 1, Math.floor(((i + 1) * this.peaks.length) / bars));
      const peak = this.peaks.length ? Math.max(...this.peaks.slice(from, to)) : 0;
      const tall = Math.max(LOWEST, peak * height);
      pen.fillStyle = i < played ? style.color : style.borderTopColor;
      pen.fillRect(i * (BAR + GAP), (height - tall) / 2, BAR, tall);
    }
  }
}
