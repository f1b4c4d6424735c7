// What the pages of the console do beside showing: keys, tables on narrow screens, parts that stay fresh.

// Whatever carries data-key is pressed by that key, or entered, where it can be written in.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input:not([type=hidden]), textarea, select, [contenteditable]")) return;
  const found = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!found) return;
  event.preventDefault();
  if (found.matches("input, textarea")) found.focus();
  else found.click();
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

// A part with data-live is fetched anew each so many seconds: while somebody looks, is not at work in it, and has not
// gone away, for a page that asks for ever would keep its reader signed in for ever.
const PATIENCE = 10 * 60 * 1000;
let last = Date.now();
for (const sign of ["keydown", "pointermove", "scroll"])
  addEventListener(sign, () => { last = Date.now(); }, { passive: true });

async function freshen(part) {
  if (document.hidden || Date.now() - last > PATIENCE || part.contains(document.activeElement)) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
  if (!answer || !answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
  if (!fresh || part.contains(document.activeElement)) return;
  label(fresh);
  if (fresh.innerHTML !== part.innerHTML) part.innerHTML = fresh.innerHTML;
}
for (const part of document.querySelectorAll("[data-live]"))
  setInterval(freshen, 1000 * Number(part.dataset.live), part);
