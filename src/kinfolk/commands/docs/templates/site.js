// Light or dark, the search box, and what a box of the diagram is tied to. Works from a folder, without a server.
"use strict";
const root = document.currentScript.dataset.root;

function remembered() {
  try { return localStorage.getItem("shade"); } catch { return null; }
}

function show(shade) {
  document.documentElement.style.colorScheme = shade || "";
}

show(remembered());

document.addEventListener("DOMContentLoaded", () => {
  document.getElementById("shade").addEventListener("click", () => {
    const now = remembered() || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    const next = now === "dark" ? "light" : "dark";
    try { localStorage.setItem("shade", next); } catch { /* a browser that remembers nothing */ }
    show(next);
  });
  searching(document.getElementById("search"), document.getElementById("found"));
  const hub = document.getElementById("hub");
  if (hub) pointing(hub);
});

function searching(box, list) {
  const MOST = 14;
  let at = -1;

  function matches(words) {
    const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
    return ENTRIES
      .map((entry) => ({ entry, score: score(entry, parts) }))
      .filter((found) => found.score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, MOST)
      .map((found) => found.entry);
  }

  function score(entry, parts) {
    const name = entry.name.toLowerCase();
    const all = `${name} ${entry.kind} ${entry.about}`.toLowerCase();
    if (!parts.length || !parts.every((part) => all.includes(part))) return 0;
    const first = parts[0];
    const bare = name.slice(name.lastIndexOf(".") + 1);
    const near = name === first || bare === first ? 4 : name.startsWith(first) || bare.startsWith(first) ? 3 : name.includes(first) ? 2 : 1;
    return near + (entry.kind.startsWith("column") ? 0 : 0.5);
  }

  function render() {
    const found = matches(box.value);
    at = -1;
    list.replaceChildren(...found.map((entry, number) => item(entry, number)));
    if (!found.length && box.value.trim()) {
      const none = document.createElement("li");
      none.className = "none";
      none.textContent = "Nothing is called that.";
      list.append(none);
    }
    list.hidden = !box.value.trim();
    box.setAttribute("aria-expanded", String(!list.hidden));
    box.removeAttribute("aria-activedescendant");
  }

  function item(entry, number) {
    const line = document.createElement("li");
    line.id = `found-${number}`;
    line.setAttribute("role", "option");
    const link = document.createElement("a");
    link.href = root + entry.page;
    link.tabIndex = -1;
    for (const [tag, words, kind] of [["strong", entry.name, ""], ["small", entry.kind, ""], ["small", entry.about, "about"]]) {
      if (!words) continue;
      const part = document.createElement(tag);
      part.textContent = words;
      if (kind) part.className = kind;
      link.append(part);
    }
    line.append(link);
    return line;
  }

  function choose(number) {
    const lines = [...list.querySelectorAll("[role=option]")];
    if (!lines.length) return;
    at = (number + lines.length) % lines.length;
    lines.forEach((line, n) => line.setAttribute("aria-selected", String(n === at)));
    lines[at].scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", lines[at].id);
  }

  box.addEventListener("input", render);
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(at + 1);
    else if (event.key === "ArrowUp") choose(at - 1);
    else if (event.key === "Enter") list.querySelectorAll("a")[Math.max(at, 0)]?.click();
    else if (event.key === "Escape") { box.value = ""; render(); box.blur(); }
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      box.focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!list.contains(event.target) && event.target !== box) list.hidden = true;
  });
}

function pointing(hub) {
  const lines = [...hub.querySelectorAll(".flow")];
  const boxes = new Map([...hub.querySelectorAll(".box")].map((box) => [box.dataset.name, box]));

  function reached(name, from, to) {
    const seen = new Set([name]);
    const waiting = [name];
    const used = [];
    while (waiting.length) {
      const one = waiting.pop();
      for (const line of lines) {
        if (line.dataset[from] !== one) continue;
        used.push(line);
        const other = line.dataset[to];
        if (!seen.has(other)) { seen.add(other); waiting.push(other); }
      }
    }
    return [seen, used];
  }

  function mark(name) {
    for (const part of hub.querySelectorAll(".near")) part.classList.remove("near");
    hub.classList.toggle("pointing", Boolean(name));
    if (!name) return;
    for (const [seen, used] of [reached(name, "to", "from"), reached(name, "from", "to")]) {
      for (const other of seen) boxes.get(other).classList.add("near");
      for (const line of used) line.classList.add("near");
    }
  }

  for (const [name, box] of boxes) {
    for (const begin of ["mouseenter", "focus"]) box.addEventListener(begin, () => mark(name));
    for (const end of ["mouseleave", "blur"]) box.addEventListener(end, () => mark(null));
  }
}
