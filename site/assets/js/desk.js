// The desk's own script: small comforts; every page works without it.
(() => {
  "use strict";
  // A script of ours failed: the error list is told, five times a page at most.
  let reported = 0;
  const tell = (error, message, at) => {
    const stack = String(error?.stack ?? "");
    if (reported++ > 4 || !`${at}${stack}`.includes(location.origin)) return;
    const body = JSON.stringify({ message: String(message).slice(0, 300), page: location.pathname,
      at, stack: stack.slice(0, 3000) });
    navigator.sendBeacon?.("/api/browser-errors", new Blob([body], { type: "application/json" }));
  };
  addEventListener("error", ({ error, message, filename, lineno, colno }) =>
    tell(error, message, `${filename ?? ""}:${lineno}:${colno}`));
  addEventListener("unhandledrejection", ({ reason }) => tell(reason, reason, ""));
  const typing = (e) => e.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
  // Whoever types for long is still there: the server hears of it, so that nobody is signed out
  // over a long description and loses it.
  let told = Date.now();
  document.addEventListener("input", () => {
    if (Date.now() - told < 300_000) return;
    told = Date.now();
    fetch("/admin/account", { method: "HEAD" }).catch(() => {});
  });
  // A list is walked row by row: the row's link has the focus, so Enter opens it by itself.
  const rows = [...document.querySelectorAll("[data-rows] > tr")];
  const link = (row) => row.querySelector("th a") ?? row.querySelector("a");
  const steps = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 };
  const walk = (e) => {
    const here = rows.indexOf(document.activeElement.closest("tr"));
    const step = steps[e.key];
    // Outside the list, arrows move the page.
    if (step && rows.length && (here >= 0 || e.key.length === 1)) {
      e.preventDefault();
      const next = here < 0 ? 0 : Math.min(Math.max(here + step, 0), rows.length - 1);
      link(rows[next])?.focus();
    } else if (here >= 0 && e.key === "o") {
      link(rows[here])?.click();
    } else if (here >= 0 && e.key === "x") {
      rows[here].querySelector("input[type=checkbox]")?.click();
    }
  };
  // Whoever types by voice turns single keys off, for this browser.
  const off = () => { try { return localStorage.getItem("desk-keys") === "off"; } catch { return false; } };
  for (const box of document.querySelectorAll("[data-keys]")) {
    box.checked = !off();
    box.closest("[hidden]")?.removeAttribute("hidden");
    box.addEventListener("change", () => {
      // A browser that keeps nothing keeps the keys on.
      try { localStorage.setItem("desk-keys", box.checked ? "on" : "off"); } catch { box.checked = true; }
    });
  }
  // Two keys lead to a section: g, then the first letter of its entry in the menu.
  let waits = 0;
  document.addEventListener("keydown", (e) => {
    if (typing(e) || e.metaKey || e.ctrlKey || e.altKey || off()) return;
    if (e.key === "/") {
      const field = document.querySelector("main input[type=search]");
      if (field) { e.preventDefault(); field.focus(); }
      return;
    }
    if (e.key === "g") { waits = Date.now(); return; }
    if (Date.now() - waits > 1500) { walk(e); return; }
    waits = 0;
    // The same keys again lead to the next one with that letter.
    const links = [...document.querySelectorAll(".desk-side .desk-nav a")]
      .filter((link) => link.textContent.trim().toLowerCase().startsWith(e.key));
    const here = links.findIndex((link) => link.hasAttribute("aria-current"));
    if (links.length) location.href = links[(here + 1) % links.length].href;
  });
  // Fields that name goods offer what fits while one types.
  let asked = 0;
  document.addEventListener("input", async ({ target }) => {
    const path = target.dataset.offers;
    const list = path && target.value.trim().length > 1 && target.list;
    if (!list) return;
    const mine = ++asked;
    const answer = await fetch(`${path}q=${encodeURIComponent(target.value)}`).catch(() => null);
    if (!answer?.ok || mine !== asked) return;
    const offers = await answer.json();
    list.replaceChildren(...offers.map(({ value, title }) => new Option(title, value)));
  });
  // One that is chosen joins the list of goods below, one of it.
  document.querySelectorAll("[data-joins]").forEach((field) => {
    const goods = document.getElementById(field.dataset.joins);
    field.closest("[hidden]").hidden = false;
    const join = () => {
      if (![...field.list.options].some((offer) => offer.value === field.value)) return;
      goods.value = `${goods.value.trimEnd()}\n${field.value} 1\n`.trimStart();
      field.value = "";
    };
    // While one types, the name of a thing may be the beginning of another's.
    field.addEventListener("input", ({ inputType }) => {
      if (!inputType || inputType === "insertReplacementText") join();
    });
    field.addEventListener("change", join);
  });
  // A link to a line of a file leads to the line.
  const toLine = () => {
    const area = document.getElementById("text");
    const [, line] = /^#L(\d+)$/.exec(location.hash) ?? [];
    if (!area || !line) return;
    const lines = area.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    area.focus({ preventScroll: true });
    area.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
    const down = (line - 1) * parseFloat(getComputedStyle(area).lineHeight);
    scrollTo({ top: scrollY + area.getBoundingClientRect().top + down - innerHeight / 3 });
  };
  addEventListener("hashchange", toLine);
  toLine();
  // A form is sent once.
  document.addEventListener("submit", (e) => {
    if (e.defaultPrevented) return;
    if (e.target.dataset.sent) { e.preventDefault(); return; }
    // A button may send the same form to another place, such as a page to print, or for a file.
    const again = e.submitter?.hasAttribute("data-again");
    if ((e.submitter?.formMethod || e.target.method) === "post" && !again) {
      e.target.dataset.sent = "1";
      setTimeout(() => { delete e.target.dataset.sent; }, 8000);
    }
  });
  // One tick for all rows.
  for (const all of document.querySelectorAll("[data-all]")) {
    const boxes = () => document.querySelectorAll(`input[name="${all.dataset.all}"]`);
    all.hidden = false;
    all.addEventListener("change", () => { for (const box of boxes()) box.checked = all.checked; });
  }
  // Pages made for paper.
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
  // A field of several words offers what may come next behind those that stand there.
  for (const field of document.querySelectorAll("[data-words]")) {
    const words = [...field.list.options].map((option) => option.value);
    let behind = "";
    field.addEventListener("input", () => {
      const before = field.value.slice(0, field.value.lastIndexOf(",") + 1);
      if (before === behind) return;
      behind = before;
      const there = before.split(",").map((word) => word.trim());
      const more = words.filter((word) => !there.includes(word));
      field.list.replaceChildren(...more.map((word) => new Option("", `${before} ${word}`.trim())));
    });
  }
  // A file is read into the field it belongs to, and sent with it.
  for (const part of document.querySelectorAll("[data-reads]")) {
    part.hidden = false;
    part.querySelector("input").addEventListener("change", async (e) => {
      const file = e.target.files[0];
      if (file) document.getElementById(part.dataset.reads).value = await file.text();
    });
  }
  // What was just made, such as an invitation, is ready to be copied.
  document.querySelector("input[readonly]")?.addEventListener("focus", (e) => e.target.select());
})();
