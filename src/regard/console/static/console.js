/* The console's own script: the live stream, keyboard, and the help dialog. No state on the server
   depends on it; every page reads and every form works without it. */
(() => {
  "use strict";
  const ROWS_MAX = 200;
  const one = (selector, within = document) => within.querySelector(selector);

  /* ---- Now: rows arrive by server-sent events; the id of a frame is a journal offset ---- */
  const stream = one("[data-stream]");
  if (stream) {
    const body = one("tbody", stream);
    const state = one("[data-live]");
    const button = one("[data-pause]");
    const told = one("[data-told]");
    let last = stream.dataset.after, source = null, isPaused = false, arrived = 0;

    const show = (name, words) => { state.dataset.state = name; state.textContent = words; };
    const close = () => { if (source) source.close(); source = null; };
    const open = () => {
      if (source || isPaused || document.hidden) return;
      source = new EventSource(`${stream.dataset.stream}?after=${encodeURIComponent(last)}`);
      source.onopen = () => show("live", "Live");
      source.onerror = () => {
        show("lost", "Reconnecting");
        if (source && source.readyState === EventSource.CLOSED) { close(); setTimeout(open, 2000); }
      };
      source.addEventListener("rows", (event) => {
        last = event.lastEventId || last;
        const fresh = document.createElement("template");
        fresh.innerHTML = event.data;
        for (const row of fresh.content.querySelectorAll("tr")) row.classList.add("fresh");
        arrived += fresh.content.querySelectorAll("tr").length;
        body.prepend(fresh.content);
        while (body.rows.length > ROWS_MAX) body.deleteRow(-1);
        one("[data-empty]")?.remove();
        stream.hidden = false;
      });
      source.addEventListener("skipped", (event) => {
        last = event.lastEventId || last;
        show("live", `Live, ${event.data} older rows skipped`);
      });
    };
    button.addEventListener("click", () => {
      isPaused = !isPaused;
      button.setAttribute("aria-pressed", String(isPaused));
      one("span", button).textContent = isPaused ? "Resume" : "Pause";
      if (isPaused) { close(); show("paused", "Paused"); } else { open(); }
    });
    document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
    /* One polite summary now and then instead of every row (WCAG 4.1.3). */
    setInterval(() => {
      if (arrived) told.textContent = `${arrived} new rows`;
      arrived = 0;
    }, 10000);
    button.hidden = false;
    open();
  }

  /* ---- Keyboard: / searches, g and a letter goes, j and k walk, ? helps ---- */
  const places = Object.fromEntries(
    [...document.querySelectorAll("[data-key]")].map((a) => [a.dataset.key, a.href]));
  let going = -Infinity;  // when "g" was pressed; page time begins at 0
  const isTyping = (target) =>
    target.closest("input, textarea, select, [contenteditable]") !== null;
  const walk = (step) => {
    const items = [...document.querySelectorAll("[data-item]")];
    if (!items.length) return;
    const at = items.indexOf(document.activeElement.closest("[data-item]"));
    items[Math.min(Math.max(at + step, 0), items.length - 1)].focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const isGoing = event.timeStamp - going < 1200;
    going = -Infinity;
    if (isGoing && places[event.key]) { location.assign(places[event.key]); return; }
    const pressed = [...document.querySelectorAll("[data-press]")]
      .find((one) => one.dataset.press === event.key);
    if (pressed) { pressed.click(); return; }
    if (event.key === "g") going = event.timeStamp;
    else if (event.key === "j") walk(1);
    else if (event.key === "k") walk(-1);
    else if (event.key === "?") one("#keys")?.showModal();
    else if (event.key === "/") {
      event.preventDefault();
      const field = one("[data-search]");
      if (field) field.focus(); else location.assign("/people");
    }
  });

  /* ---- Whoever says who is who gives their name once, not with every answer ---- */
  for (const field of document.querySelectorAll("[data-keep]")) {
    const name = `regard ${field.dataset.keep}`;
    field.value ||= localStorage.getItem(name) || "";
    field.addEventListener("change", () => localStorage.setItem(name, field.value));
  }

  /* ---- Post room: the list stays while the letter beside it is swapped ---- */
  document.addEventListener("htmx:afterSwap", (event) => {
    const link = event.detail.requestConfig?.elt?.closest(".letters a");
    if (!link) return;
    one(".letters [aria-current]")?.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
  });

  /* ---- On a phone the places lie side by side: the present one is brought into sight ---- */
  const bar = one(".places"), present = bar && one("[aria-current]", bar);
  if (present && bar.scrollWidth > bar.clientWidth) {
    bar.scrollLeft = present.offsetLeft - (bar.clientWidth - present.offsetWidth) / 2;
  }
  const atEnd = () => bar.classList.toggle(
    "ended", bar.scrollLeft + bar.clientWidth >= bar.scrollWidth - 8);
  if (bar) { bar.addEventListener("scroll", atEnd, { passive: true }); atEnd(); }

  /* ---- A timeline that is wider than the screen begins at its present ---- */
  for (const plot of document.querySelectorAll(".reach")) plot.scrollLeft = plot.scrollWidth;

  /* ---- A selected timeline mark opens the why of its row ---- */
  const unfold = () => {
    const row = location.hash.startsWith("#e") && document.getElementById(location.hash.slice(1));
    const why = row && one("details", row);
    if (why) why.open = true;
  };
  addEventListener("hashchange", unfold);
  unfold();
})();
