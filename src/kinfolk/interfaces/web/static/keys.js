// Keys of a page: whatever carries data-key is pressed by that key, or entered, where it can be written in.
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
for (const table of document.querySelectorAll("table.stack")) {
  const heads = [...table.querySelectorAll("thead th")].map((head) => head.textContent.trim());
  for (const row of table.querySelectorAll("tbody tr"))
    [...row.cells].forEach((cell, n) => { if (n) cell.dataset.label = heads[n] || ""; });
}
