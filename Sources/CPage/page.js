// The page is whole without this. With it, parts come anew as they change, and keys lead through the page.
"use strict";

const live = document.getElementById("live");

function say(text) {
  if (live) live.textContent = text;
}

// Each event holds the parts of the page that changed, by id.
function show(parts) {
  for (const [id, html] of Object.entries(parts)) {
    const part = document.getElementById(id);
    // What is being read with the keyboard stays until the focus leaves it.
    if (!part || part.contains(document.activeElement)) continue;
    part.innerHTML = html;
    part.classList.remove("changed");
    void part.offsetWidth;
    part.classList.add("changed");
  }
}

const source = document.body.dataset.events;
if (source && "EventSource" in window) {
  const events = new EventSource(source);
  events.addEventListener("parts", (event) => {
    show(JSON.parse(event.data));
    say("live");
  });
  events.addEventListener("error", () => say("connection lost, trying again"));
  events.addEventListener("open", () => say("live"));
}

function rows() {
  return Array.from(document.querySelectorAll("tbody a[href]"));
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const place = all.indexOf(document.activeElement);
  const next = place < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, place + by));
  all[next].focus();
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  g: () => window.scrollTo({ top: 0 }),
  "?": () => document.getElementById("keys")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  const act = keys[event.key];
  if (act) {
    act();
    event.preventDefault();
  }
});
