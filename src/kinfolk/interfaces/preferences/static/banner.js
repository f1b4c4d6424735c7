/* Kinfolk's consent banner. <script src="https://cdm.example.com/consent/banner.js" data-write-key="KEY" defer></script>
   Asks once, keeps the answer in this browser, tells the ledger, and lets events carry it. */
(() => {
  "use strict";
  const script = document.currentScript;
  const server = new URL(".", script.src).href;
  const key = script.dataset.writeKey;
  const only = (script.dataset.purposes || "").split(/[\s,]+/).filter(Boolean);
  const KEPT = "kinfolk_consent", OURS = "kinfolk_anonymous_id";
  const gpc = navigator.globalPrivacyControl === true;
  const told = new Set();
  let config = null, kept = null, host = null, cameFrom = null;

  const read = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const write = (name, value) => { try { localStorage.setItem(name, value); } catch { /* no storage: asked again */ } };
  const cookie = (name) => {
    const found = document.cookie.split("; ").find((one) => one.startsWith(name + "="));
    try { return found ? decodeURIComponent(found.slice(name.length + 1)) : null; } catch { return null; }
  };
  /* Segment writes an id as JSON, RudderStack behind a prefix in base64, Jitsu as it is. */
  const plain = (text) => {
    if (!text) return null;
    try {
      if (text.startsWith("RS_ENC_v3_")) text = atob(text.slice(10));
      const value = JSON.parse(text);
      if (value === null || typeof value === "object") return null;
      return typeof value === "string" ? value : text; // a number may be longer than JavaScript can count
    } catch { return text; }
  };
  const stored = (...names) => {
    for (const name of names) {
      const found = plain(cookie(name)) || plain(read(name));
      if (found) return found;
    }
    return null;
  };
  const userId = () => stored("ajs_user_id", "rl_user_id", "__eventn_uid");
  let made = null; // where there is no storage, it lasts as long as the page
  const anonymousId = () => {
    const found = stored("ajs_anonymous_id", "rl_anonymous_id", "__eventn_id", OURS) || made;
    if (!found) write(OURS, made = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2) + Date.now());
    return found || made;
  };

  const categories = () => {
    const found = {};
    for (const one of config ? config.questions : []) {
      found[one.name] = holds() && kept.choices[one.name] === true && !(gpc && one.gpc);
    }
    return found;
  };
  const ends = (question) => {
    const end = new Date(kept.at), day = end.getDate();
    end.setMonth(end.getMonth() + question.months);
    if (end.getDate() !== day) end.setDate(0); // no such day in that month: its last one
    return end;
  };
  /* Whether what was said still counts: to this notice, to each question, and not too long ago. */
  const lasts = (one) => one.name in kept.choices && !(kept.choices[one.name] && one.months && ends(one) <= new Date());
  const holds = () => Boolean(kept && config && kept.version === config.version && kept.notice === config.notice &&
    config.questions.every(lasts));

  /* A no is told to the end, though what stands beside it is asked about again. */
  const untold = () => Object.fromEntries(Object.entries(kept.choices).filter(([, yes]) => holds() || !yes));
  const tell = async () => {
    const ids = { anonymousId: anonymousId(), userId: userId() };
    const mark = JSON.stringify([ids, kept.at, gpc]), choices = untold(), before = JSON.stringify(kept);
    if (kept.told === mark || !Object.keys(choices).length) return;
    const body = { key, ...ids, version: kept.version, notice: kept.notice, choices, gpc, page: location.origin + location.pathname };
    try {
      const answer = await fetch(server + "choice", { method: "POST", body: JSON.stringify(body), keepalive: true });
      if (!answer.ok) return; // it is told with the next page
      kept.told = mark;
      if (read(KEPT) === before) write(KEPT, JSON.stringify(kept)); // another tab may have asked anew meanwhile
    } catch { /* likewise */ }
  };
  const spread = () => {
    for (const one of told) one(categories());
    document.dispatchEvent(new CustomEvent("kinfolk:consent", { detail: categories() }));
  };
  const choose = (choices) => {
    kept = { version: config.version, notice: config.notice, at: new Date().toISOString(), choices };
    write(KEPT, JSON.stringify(kept));
    close();
    spread();
    return tell();
  };
  const all = (yes) => Object.fromEntries(config.questions.map((one) => [one.name, yes && !(gpc && one.gpc)]));

  /* Events of Segment's program carry the answer, each as it is then. */
  const attach = (client) => client.addSourceMiddleware(({ payload, next }) => {
    const event = payload.obj;
    event.context = { ...event.context, consent: { ...(event.context || {}).consent, categoryPreferences: categories() } };
    next(payload);
  });

  const STYLE = `:host{all:initial;color-scheme:light dark}*{box-sizing:border-box}
.box{position:fixed;z-index:2147483000;inset:auto 1rem 1rem;max-width:40rem;max-height:calc(100vh - 2rem);margin:0 auto;overflow:auto;
padding:1.1rem 1.3rem;border:1px solid light-dark(#c9ceda,#3a4150);border-radius:14px;background:light-dark(#fff,#171a21);
color:light-dark(#15181e,#e8eaef);box-shadow:0 8px 40px #0004;font:16px/1.5 system-ui,"Segoe UI","Noto Sans",sans-serif;overflow-wrap:anywhere}
h2{margin:0 0 .3rem;font-size:1.1rem}p{margin:0 0 .7rem}.quiet,small{color:light-dark(#555c6b,#a2a9b8);font-size:.92rem}
small{display:block;margin-left:1.9rem}.text{white-space:pre-line;max-height:8rem;overflow:auto}
ul{list-style:none;margin:0 0 .8rem;padding:0}li{padding:.5rem 0;border-top:1px solid light-dark(#e1e4ea,#2a2f3a)}
label{display:flex;gap:.7rem;align-items:center;font-weight:600}input{flex:none;width:1.2rem;height:1.2rem;margin:0;accent-color:light-dark(#1c4fc4,#86b1ff)}
.buttons{display:flex;flex-wrap:wrap;gap:.6rem}button{flex:1 1 8rem;min-height:2.75rem;padding:.5rem 1rem;border-radius:10px;font:inherit;font-weight:600;
cursor:pointer;border:1px solid light-dark(#1c4fc4,#86b1ff);background:light-dark(#1c4fc4,#86b1ff);color:light-dark(#fff,#0f1115)}
button.plain{background:none;color:light-dark(#1c4fc4,#86b1ff)}a{color:light-dark(#1c4fc4,#86b1ff)}
:focus-visible{outline:3px solid light-dark(#1c4fc4,#86b1ff);outline-offset:2px}h2:focus{outline:none}`;

  const make = (tag, told = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(told)) {
      if (name === "onclick") made.addEventListener("click", value);
      else if (name in made && typeof value === "boolean") made[name] = value;
      else made.setAttribute(name, value);
    }
    made.append(...children.filter(Boolean));
    return made;
  };
  const notice = () => config.text !== null
    ? make("p", { class: "quiet text", tabindex: "0", role: "group", "aria-label": "Notice" }, config.text)
    : config.version && make("p", {}, make("a", { href: server + "notice/" + encodeURIComponent(config.version) }, "Read the notice"));
  const head = () => [
    make("h2", { id: "title", tabindex: "-1" }, `May ${config.company} use your data?`),
    gpc && config.questions.some((one) => one.gpc) &&
      make("p", { class: "quiet" }, "Your browser asks that your data be neither sold nor shared (Global Privacy Control). We heed that."),
  ];
  const first = () => [...head(),
    make("p", {}, config.questions.map((one) => one.title).join(" · ")),
    notice(),
    make("div", { class: "buttons" },
      make("button", { type: "button", onclick: () => choose(all(true)) }, "Accept all"),
      make("button", { type: "button", onclick: () => choose(all(false)) }, "Reject all"),
      make("button", { type: "button", class: "plain", onclick: () => show(second, true) }, "Choose")),
  ];
  const second = () => {
    const boxes = config.questions.map((one) => {
      const closed = gpc && one.gpc;
      const words = closed ? "Closed by your browser's Global Privacy Control." : one.about;
      const box = make("input", { type: "checkbox", checked: !closed && categories()[one.name], disabled: closed });
      if (words) box.setAttribute("aria-describedby", "about-" + one.name);
      return { name: one.name, box, item: make("li", {}, make("label", {}, box, one.title),
        words && make("small", { id: "about-" + one.name }, words)) };
    });
    return [...head(), make("ul", {}, ...boxes.map((one) => one.item)), notice(),
      make("div", { class: "buttons" },
        make("button", { type: "button", onclick: () => choose(Object.fromEntries(boxes.map((one) => [one.name, one.box.checked]))) }, "Save my choices"),
        make("button", { type: "button", onclick: () => choose(all(false)) }, "Reject all")),
    ];
  };
  const show = (view, focus) => {
    if (!host) {
      host = make("div");
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      host.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
      host.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
      document.body.prepend(host); // the first that Tab comes to
    }
    host.shadowRoot.replaceChildren(
      make("div", { class: "box", role: "dialog", "aria-modal": "false", "aria-labelledby": "title" }, ...view()));
    if (focus) host.shadowRoot.getElementById("title").focus();
  };
  const close = () => {
    if (!host) return;
    const inside = document.activeElement === host;
    host.remove();
    host = null;
    if (inside && cameFrom && cameFrom.isConnected) cameFrom.focus();
  };
  const open = async () => {
    await ready;
    cameFrom = document.activeElement;
    if (config && config.questions.length) show(second, true);
  };

  const begin = async () => {
    const answer = await fetch(server + "config?key=" + encodeURIComponent(key));
    if (!answer.ok) throw new Error("Kinfolk: " + (await answer.json()).detail);
    config = await answer.json();
    if (only.length) config.questions = config.questions.filter((one) => only.includes(one.name));
    try { kept = JSON.parse(read(KEPT)); } catch { kept = null; }
    const held = holds();
    if (held) for (const one of told) one(categories());
    if (kept && kept.choices) await tell();
    if (!held && config.questions.length) show(first, false);
  };
  /* What was said in another tab holds in this one, too. */
  window.addEventListener("storage", (event) => {
    if (event.key !== KEPT || !config) return;
    try { kept = JSON.parse(event.newValue); } catch { kept = null; }
    if (holds()) close();
    spread();
  });
  if (window.analytics && window.analytics.addSourceMiddleware) attach(window.analytics);
  const ready = begin().catch((error) => console.error(error));
  window.kinfolkConsent = {
    categories, open, attach, anonymousId, ready,
    onChange: (then) => { told.add(then); if (holds()) then(categories()); return () => told.delete(then); },
  };
})();
