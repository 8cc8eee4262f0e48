/* Regard's feed on any page: a bell with what lies for this visitor, live.
   <script src="https://engage.example/v1/feed.js" data-key="WRITE_KEY" defer></script>
   data-user-id and data-user-hash prove who it is; else the page's anonymous id counts. data-into
   names an element to stand in. data-label, data-empty, data-dismiss translate. No dependencies,
   no inline styles, no HTML from messages: it runs under a strict Content-Security-Policy. */
(() => {
  "use strict";
  const me = document.currentScript, said = me.dataset, home = new URL(".", me.src).href;
  const label = said.label || "Messages", empty = said.empty || "Nothing new.";
  let stream, items = [], known, told = new Set();

  const kept = (name) => { try { return localStorage.getItem(name) || ""; } catch { return ""; } };
  const anonymousId = () => {
    if (said.anonymousId) return said.anonymousId;
    const theirs = kept("ajs_anonymous_id");
    if (theirs) { try { return String(JSON.parse(theirs)); } catch { return theirs; } }
    let own = kept("regard_anonymous_id");
    if (!own) {
      own = crypto.randomUUID();
      try { localStorage.setItem("regard_anonymous_id", own); } catch { /* private mode */ }
    }
    return own;
  };
  const visitor = () => {
    const about = { key: said.key };
    if (said.channel) about.channel = said.channel;
    if (said.userId && said.userHash) Object.assign(about, { userId: said.userId, userHash: said.userHash });
    else about.anonymousId = anonymousId();
    return new URLSearchParams(about).toString();
  };

  const make = (tag, about = {}, ...inside) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(about)) made.setAttribute(name, value);
    made.append(...inside);
    return made;
  };
  const host = make("regard-feed"), root = host.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host{--ink:#1b1f24;--paper:#fff;--line:#8c959f;--soft:#57606a;--mark:#b3261e;--new:#eef4ff;
      font:15px/1.45 system-ui,sans-serif;color:var(--ink)}
    @media(prefers-color-scheme:dark){:host{--ink:#e8eaed;--paper:#1f2328;--line:#8b949e;
      --soft:#b1bac4;--mark:#ffb4ab;--new:#24324a}}
    .all{position:fixed;inset:auto 16px 16px auto;z-index:2147483000;display:flex;
      flex-direction:column;align-items:flex-end;gap:8px}
    :host([inline]) .all{position:relative;inset:auto}
    :host([inline]) .panel{position:absolute;top:52px;right:0;z-index:2147483000}
    button{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);
      cursor:pointer}
    .bell{order:9;position:relative;width:44px;height:44px;border-radius:50%;padding:0}
    .bell svg{width:22px;height:22px;vertical-align:middle}
    .count{position:absolute;top:-4px;right:-4px;min-width:20px;border-radius:10px;
      background:var(--mark);color:var(--paper);font-size:12px;font-weight:700;line-height:20px}
    .panel,.toast{box-sizing:border-box;width:min(360px,calc(100vw - 32px));background:var(--paper);
      border:1px solid var(--line);border-radius:12px;box-shadow:0 8px 24px #0004}
    .panel{max-height:min(520px,calc(100vh - 96px));overflow:auto}
    .toast{padding:12px 16px;font-weight:600}
    h2{font-size:16px;margin:12px 16px}
    ul{list-style:none;margin:0;padding:0}
    li{display:flex;gap:8px;border-top:1px solid var(--line);padding:12px 8px 12px 16px}
    li.new{background:var(--new)}
    .text{flex:1;min-width:0;overflow-wrap:anywhere}
    .text a{color:inherit}
    p{margin:4px 0 0;white-space:pre-line}
    time,.none{color:var(--soft);font-size:13px}
    .none{margin:0 16px 16px}
    .x{border-color:transparent;border-radius:8px;width:32px;height:32px;flex:none}
    :focus-visible{outline:3px solid #1a73e8;outline-offset:2px}
    [hidden]{display:none}`);
  root.adoptedStyleSheets = [style];

  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M12 3a6 6 0 0 0-6 6v4l-2 3v1h16v-1l-2-3V9a6 6 0 0 0-6-6Zm-2 16a2 2 0 0 0 4 0Z");
  path.setAttribute("fill", "currentColor");
  svg.append(path);
  const count = make("span", { class: "count", "aria-hidden": "true", hidden: "" });
  const bell = make("button", { class: "bell", type: "button", "aria-expanded": "false", "aria-controls": "panel" }, svg, count);
  const title = make("h2", { id: "title" }, label), list = make("ul"), none = make("p", { class: "none" }, empty);
  const panel = make("section", { class: "panel", id: "panel", "aria-labelledby": "title", tabindex: "-1", hidden: "" }, title, list, none);
  const toast = make("div", { class: "toast", role: "status", hidden: "" });
  root.append(make("div", { class: "all" }, panel, toast, bell));

  const tell = (mark, ...about) => {
    const marks = about.filter((i) => !told.has(mark + i.id)).map((i) => (told.add(mark + i.id), { token: i.token, mark }));
    if (marks.length && known) navigator.sendBeacon(home + "receipts/" + known, JSON.stringify(marks));
  };
  const look = () => tell("seen", ...items.filter((i) => !i.is_seen));
  const open = (on) => {
    panel.hidden = !on;
    bell.setAttribute("aria-expanded", String(on));
    if (on) { toast.hidden = true; panel.focus(); look(); } else bell.focus();
  };
  const row = (item) => {
    const name = make("strong", {}, item.title), text = make("div", { class: "text" });
    if (/^https?:\/\//.test(item.url)) {
      const link = make("a", { href: item.url }, name);
      link.addEventListener("click", () => tell("clicked", item));
      text.append(link);
    } else text.append(name);
    if (item.body) text.append(make("p", {}, item.body));
    text.append(make("time", { datetime: item.at }, new Date(item.at).toLocaleString()));
    const away = make("button", { class: "x", type: "button", "aria-label": (said.dismiss || "Dismiss") + ": " + item.title }, "×");
    away.addEventListener("click", () => {
      tell("dismissed", item);
      items = items.filter((i) => i !== item);
      draw();
      panel.focus();
    });
    return make("li", item.is_seen ? {} : { class: "new" }, text, away);
  };
  const draw = () => {
    const fresh = items.filter((i) => !i.is_seen).length;
    count.textContent = fresh > 9 ? "9+" : String(fresh);
    count.hidden = !fresh;
    bell.setAttribute("aria-label", fresh ? `${label}: ${fresh}` : label);
    list.replaceChildren(...items.map(row));
    none.hidden = items.length > 0;
  };
  const show = (feed) => {
    const before = new Set(items.map((i) => i.id)), is_first = !known;
    known = feed.channel;
    items = feed.items.filter((i) => !told.has("dismissed" + i.id));
    if (!said.label && feed.title) title.textContent = feed.title;
    draw();
    const arrived = items.find((i) => !before.has(i.id) && !i.is_seen);
    if (!panel.hidden) look();
    else if (arrived && !is_first) {
      toast.hidden = false;
      toast.textContent = arrived.title;
      setTimeout(() => { toast.hidden = true; }, 8000);
    }
    host.dispatchEvent(new CustomEvent("regard-feed", { bubbles: true, detail: feed }));
  };
  const listen = () => {
    stream?.close();
    stream = new EventSource(home + "feed/live?" + visitor());
    stream.addEventListener("feed", (event) => show(JSON.parse(event.data)));
  };

  bell.addEventListener("click", () => open(panel.hidden));
  root.addEventListener("keydown", (event) => { if (event.key === "Escape" && !panel.hidden) open(false); });
  window.regardFeed = {
    identify: (userId, userHash) => { Object.assign(said, { userId, userHash }); listen(); },
    reset: () => { delete said.userId; delete said.userHash; items = []; draw(); listen(); },
  };
  const begin = () => {
    const into = said.into && document.querySelector(said.into);
    if (into) host.setAttribute("inline", "");
    (into || document.body).append(host);
    draw();
    listen();
  };
  if (document.readyState === "complete") begin();
  else window.addEventListener("load", begin);
})();
