// What the pages of the console do beside showing: keys, tables on narrow screens, parts that stay fresh.

// One form is sent once: what is pressed while its answer is awaited would answer a page that is not there yet.
let sent = false;
addEventListener("pageshow", () => { sent = false; });
document.addEventListener("submit", (event) => {
  if (sent) event.preventDefault();
  sent = true;
});

// Whatever carries data-key is pressed by that key, or entered, where it can be written in. Letters can be switched off.
const letters = {
  get on() { try { return localStorage.getItem("letters") !== "off"; } catch { return true; } },
  set on(yes) { try { localStorage.setItem("letters", yes ? "on" : "off"); } catch { /* a browser that keeps nothing */ } },
};
function tell() {
  for (const found of document.querySelectorAll("[data-keys-switch]")) found.setAttribute("aria-pressed", letters.on);
  for (const found of document.querySelectorAll("[data-key]"))
    if (letters.on) found.setAttribute("aria-keyshortcuts", found.dataset.key);
    else found.removeAttribute("aria-keyshortcuts");
}
tell();
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-keys-switch]")) return;
  letters.on = !letters.on;
  tell();
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || sent || !letters.on) return;
  if (event.target.closest("input:not([type=hidden]), textarea, select, [contenteditable]")) return;
  const found = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!found) return;
  event.preventDefault();
  if (found.matches("input, textarea")) return found.focus();
  found.click();
  sent = true;
});

// On a narrow page each cell of a table says which column it is of.
function label(part) {
  for (const table of part.querySelectorAll("table.stack")) {
    const heads = [...table.querySelectorAll("thead th")].map((head) => head.textContent.trim());
    for (const row of table.querySelectorAll("tbody tr"))
      [...row.cells].forEach((cell, n) => { if (n) cell.dataset.label = heads[n] || ""; });
  }
}
label(document);

// A part with data-live is fetched anew each so many seconds: while somebody looks, is not at work or reading in it, has
// not paused it, and has not gone away, for a page that asks for ever would keep its reader signed in for ever.
const PATIENCE = 10 * 60 * 1000;
let last = Date.now();
for (const sign of ["keydown", "pointermove", "scroll"])
  addEventListener(sign, () => { last = Date.now(); }, { passive: true });

function atRest(part) {
  return document.hidden || Date.now() - last > PATIENCE || part.contains(document.activeElement) ||
    !getSelection().isCollapsed || part.querySelector("details[open]") ||
    document.querySelector("[data-pause][aria-pressed=true]");
}
async function fresh(part) {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
  if (!answer || !answer.ok || answer.redirected) return;
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
  if (!found || atRest(part)) return;
  label(found);
  if (found.innerHTML !== part.innerHTML) part.innerHTML = found.innerHTML;
  part.dataset.live = found.dataset.live || "";
}
async function follow(part) {
  while (Number(part.dataset.live)) {
    await new Promise((done) => { setTimeout(done, 1000 * Number(part.dataset.live)); });
    if (!atRest(part)) await fresh(part);
  }
}
for (const part of document.querySelectorAll("[data-live]")) follow(part);
document.addEventListener("click", (event) => {
  const found = event.target.closest("[data-pause]");
  if (found) found.setAttribute("aria-pressed", found.getAttribute("aria-pressed") !== "true");
});
