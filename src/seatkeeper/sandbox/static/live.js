// Keeps a list fresh: asks for the newest number, and fetches this page again when it grew.
// It waits while the list is pointed at or holds the focus, while the tab is hidden, and when paused.
const live = document.getElementById("live");
const state = document.getElementById("live-state");
const pause = document.getElementById("pause");
const said = document.getElementById("said");
let newest = Number(live.dataset.newest);
let seen = newest;
let failures = 0;
let spoke = 0;

const paused = () => pause.getAttribute("aria-pressed") === "true";
const busy = () => {
  const list = document.getElementById("list");
  return list.matches(":hover") || list.contains(document.activeElement);
};
const tell = (text, on) => {
  if (state.textContent !== text) state.textContent = text;
  live.classList.toggle("on", on);
};

async function refresh() {
  const answer = await fetch(location.href, { headers: { "Cache-Control": "no-store" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ["list", "total"]) {
    const fresh = page.getElementById(id);
    const old = document.getElementById(id);
    if (fresh && old && fresh.innerHTML !== old.innerHTML) old.replaceChildren(...fresh.childNodes);
  }
}

async function look() {
  if (document.hidden || paused()) return;
  try {
    const answer = await fetch(live.dataset.asks);
    if (!answer.ok) throw new Error(String(answer.status));
    const found = (await answer.json()).newest;
    failures = 0;
    if (found === seen) { tell("Live", true); return; }
    if (busy()) { tell(`${found - seen} newer, shown when you leave the list`, true); return; }
    await refresh();
    seen = found;
    tell("Live", true);
    if (Date.now() - spoke > 10000 && seen > newest) {
      said.textContent = seen - newest === 1 ? "1 new request" : `${seen - newest} new requests`;
      newest = seen;
      spoke = Date.now();
    }
  } catch {
    failures += 1;
    tell(failures > 3 ? "Not live. Reload this page." : "Not live. Reconnecting…", false);
  }
}

pause.hidden = false;
pause.addEventListener("click", () => {
  pause.setAttribute("aria-pressed", String(!paused()));
  pause.textContent = paused() ? "Go on" : "Pause";
  if (paused()) tell("Paused", false); else look();
});
tell("Live", true);
setInterval(look, Number(live.dataset.every ?? 1500));
