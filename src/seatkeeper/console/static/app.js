// What makes pages quicker to use. Without it everything but live updates works.
"use strict";

const SHORTCUTS = "seatkeeper-shortcuts-off";
const PLACES = { h: "/", p: "/people", g: "/groups", a: "/activity", v: "/approvals" };

const inField = (element) =>
  element instanceof HTMLElement &&
  (element.isContentEditable || ["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName));

// Times carry the server's words; their title adds the reader's own clock.
const localTimes = (root) => {
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.title = at.toLocaleString();
  }
};

// The palette: one field for people, groups, apps and pages. Arrows walk through what was found.
const palette = () => document.getElementById("palette");
const openPalette = () => {
  const box = palette();
  if (!box) return false;
  if (!box.open) box.showModal();
  const field = box.querySelector("input");
  field.focus();
  field.select();
  htmx.trigger(field, "palette");
  return true;
};
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    if (openPalette()) event.preventDefault();
    return;
  }
  const box = palette();
  if (!box?.open || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const stops = [box.querySelector("input"), ...box.querySelectorAll("a[data-hit]")];
  const here = stops.indexOf(document.activeElement);
  const next = stops[here + (event.key === "ArrowDown" ? 1 : -1)];
  if (here < 0 || !next) return;
  event.preventDefault();
  next.focus();
});
document.addEventListener("submit", (event) => {
  const first = event.target.closest("#palette") && palette().querySelector("a[data-hit]");
  if (!first || event.target.q.value.trim() !== first.closest("[data-found]").dataset.found) return;
  event.preventDefault();
  first.click();
});

let waitingForPlace = false;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || inField(event.target)) return;
  if (localStorage.getItem(SHORTCUTS)) return;
  if (waitingForPlace) {
    waitingForPlace = false;
    const place = PLACES[event.key];
    if (place && document.querySelector(`.side a[href="${place}"]`)) location.assign(place);
    return;
  }
  if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  } else if (event.key === "?") {
    document.getElementById("keys")?.showModal();
  } else if (event.key === "g") {
    waitingForPlace = true;
    setTimeout(() => { waitingForPlace = false; }, 1500);
  }
});

document.addEventListener("click", (event) => {
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey);
  if (plain && event.target.closest("[data-palette]") && openPalette()) return event.preventDefault();
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.copy) {
    const source = document.getElementById(button.dataset.copy);
    navigator.clipboard.writeText(source.value ?? source.textContent).then(() => {
      const label = button.querySelector("[data-label]") ?? button;
      const before = label.textContent;
      label.textContent = button.dataset.copied;
      setTimeout(() => { label.textContent = before; }, 2000);
    });
  } else if (button.dataset.open) {
    document.getElementById(button.dataset.open)?.showModal();
  } else if (button.dataset.close !== undefined) {
    button.closest("dialog")?.close();
  } else if (button.dataset.print !== undefined) {
    print();
  } else if (button.dataset.select !== undefined) {
    for (const box of document.querySelectorAll(`input[name="${button.dataset.select}"]`)) {
      box.checked = true;
    }
  } else if (button.dataset.live) {
    const region = document.getElementById(button.dataset.live);
    const paused = region.toggleAttribute("data-paused");
    button.setAttribute("aria-pressed", String(paused));
    release();
  }
});

// A list that somebody reads does not change under their pointer or focus, and nothing does while
// updates are paused; what came meanwhile is shown afterwards.
const held = new Map();
const holds = (target) =>
  target instanceof Element &&
  (target.closest("[data-paused]") || target.closest("[data-still]")?.matches(":hover, :focus-within"));
document.addEventListener("htmx:before:swap", (event) => {
  for (const task of event.detail?.tasks ?? []) {
    const target = typeof task.target === "string" ? document.querySelector(task.target) : task.target;
    if (task.type !== "partial" || !holds(target)) continue;
    held.set(target, task.fragment);
    task.swapSpec = { style: "none" };
  }
});
const release = () => {
  for (const [target, fragment] of held) {
    if (holds(target)) continue;
    held.delete(target);
    if (!target.isConnected) continue;
    target.replaceChildren(fragment);
    htmx.process(target);
    localTimes(target);
  }
};
for (const name of ["pointerout", "focusout"]) document.addEventListener(name, () => setTimeout(release));
document.addEventListener("htmx:after:swap", () => localTimes(document));

// What was typed and not sent is asked about before it is left.
let typed = false;
document.addEventListener("input", (event) => {
  if (event.target.closest("form[data-guard]")) typed = true;
});
document.addEventListener("submit", () => { typed = false; });
addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });

// A stream that is lost for five seconds is said beside what it kept alive; after three attempts,
// or where it ended for good, the page offers to be loaded anew.
let failed = 0, losing = 0;
const say = (lost, reconnects) => {
  document.body.toggleAttribute("data-lost", lost);
  const hidden = { online: lost, offline: !lost || !reconnects, reload: !lost || (reconnects && failed < 3) };
  for (const [name, hides] of Object.entries(hidden)) {
    for (const sign of document.querySelectorAll(`[data-${name}]`)) sign.hidden = hides;
  }
};
document.addEventListener("htmx:sse:after:connection", (event) => {
  if (event.target.dataset?.stream === "") event.target.dataset.stream = "begun";
  failed = 0;
  clearTimeout(losing);
  losing = 0;
  say(false, true);
});
const missed = () => {
  failed += 1;
  losing ||= setTimeout(() => say(true, true), 5000);
  if (document.body.hasAttribute("data-lost")) say(true, true);
};
document.addEventListener("htmx:sse:error", missed);
// A stream that never began is no stream yet to the extension, which would not try it again.
document.addEventListener("htmx:finally:request", (event) => {
  const line = event.target;
  if (!(line instanceof Element) || !line.matches("[data-stream]") || line.dataset.stream) return;
  missed();
  setTimeout(() => htmx.trigger(line, "again"), 5000);
});
document.addEventListener("htmx:sse:close", (event) => {
  if (event.detail?.reason === "message") say(true, false);
});

document.addEventListener("DOMContentLoaded", () => {
  localTimes(document);
  for (const hidden of document.querySelectorAll("[data-script]")) hidden.hidden = false;
  const off = document.getElementById("shortcuts-off");
  if (off) {
    off.checked = Boolean(localStorage.getItem(SHORTCUTS));
    off.addEventListener("change", () => {
      if (off.checked) localStorage.setItem(SHORTCUTS, "1");
      else localStorage.removeItem(SHORTCUTS);
    });
  }
  document.querySelector("[data-summary]")?.focus();
});
