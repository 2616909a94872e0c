// On a static copy: while the shop does not answer, what is put into the cart waits in this browser
// and is sent when it answers again. What it refuses then is taken back, with its reason.
//
// localStorage: `cart` is the mirror js/shop.js keeps of the shop's cart, `cart-held` how many of
// each thing it held. `cart-waiting` lists changes the shop has not heard of: {id, qty, title} sets a
// line; {sku|bundle, qty, title, price, held, sent} puts in, where `sent` says how many of them were
// sent without an answer when there were `held`.
(() => {
  "use strict";
  const words = document.currentScript.dataset;
  const WAITING = "cart-waiting";
  const WAITING_MAX = 100;
  const PAUSE_MS = 5000, PAUSE_LONGEST_MS = 300000, PATIENCE_MS = 6000;
  const { $, fill, make } = window.kiosk;
  const say = (message) => { const status = $("#status"); if (status) status.textContent = message; };

  const read = (key, none) => {
    try { return JSON.parse(localStorage.getItem(key)) ?? none; } catch { return none; }
  };
  const write = (key, value) => {
    try { localStorage.setItem(key, JSON.stringify(value)); return true; } catch { return false; }
  };
  const waiting = () => read(WAITING, []);
  const cart = () => read("cart", { count: 0, lines: [] });

  // What is in the cart once everything that waits has been sent.
  const rows = () => {
    const list = waiting();
    const known = cart().lines.map((line) => {
      const set = list.find(({ id }) => id === line.id);
      return { ...line, qty: set ? set.qty : line.qty };
    });
    return [...known, ...list.filter(({ id }) => !id)].filter(({ qty }) => qty > 0);
  };
  const draw = () => {
    const n = rows().reduce((sum, { qty }) => sum + qty, 0);
    for (const badge of document.querySelectorAll("[data-cart-count]")) {
      badge.hidden = !n;
      badge.textContent = n > 99 ? "99+" : n || "";
      badge.closest("a").setAttribute("aria-label", fill($("#words").dataset.count, { n }));
    }
  };

  // How many of each thing the shop's cart held when it was last seen.
  const note = ({ lines }) => {
    if (lines.every(({ item }) => item)) write("cart-held", Object.fromEntries(lines.map((l) => [l.item.ref, l.qty])));
  };
  const save = (list) => {
    const done = list.length <= WAITING_MAX && write(WAITING, list);
    draw();
    return done;
  };
  const find = (list, { id, sku, bundle }) =>
    list.find((other) => (id ? other.id === id : !other.id && other.sku === sku && other.bundle === bundle));
  // Sets how many of a thing there shall be.
  const set = (row, qty) => {
    const list = waiting();
    const known = find(list, row);
    if (known) known.qty = qty;
    else list.push({ id: row.id, title: row.title, qty });
    return save(list.filter((change) => change.id || change.qty || change.sent));
  };
  // Puts in what was just sent without an answer.
  const put = (change) => {
    const list = waiting();
    const known = find(list, change);
    if (known) Object.assign(known, { qty: Math.min(known.qty + change.qty, 999), sent: known.sent + change.qty });
    else list.push({ ...change, held: read("cart-held", {})[change.sku ?? change.bundle] ?? 0, sent: change.qty });
    return save(list);
  };

  // The shop's answer, or an error when nobody or only its host answers.
  const ask = async (method, path, body) => {
    const answer = await fetch(path, {
      method,
      headers: { accept: "application/json", ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.status === 429 || answer.status >= 500) throw new Error(answer.status);
    return { ok: answer.ok, found: await answer.json() };
  };
  const setLine = (id, qty) => {
    const path = `/api/cart/lines/${encodeURIComponent(id)}`;
    return qty ? ask("PATCH", path, { qty }) : ask("DELETE", path);
  };
  const deliver = async () => {
    let now = (await ask("GET", "/api/cart")).found;
    const refused = [];
    const had = waiting().length;
    for (let list; (list = waiting()).length;) {
      const [change] = list;
      const { id, sku, bundle, qty, held, sent, title } = change;
      const line = now.lines.find((l) => (id ? l.id === id : l.item.ref === (sku ?? bundle)));
      const has = line?.qty ?? 0;
      // The answer may have been lost on its way back, and the change not.
      const arrived = !id && has > held && has <= held + sent;
      const wanted = id ? qty : (arrived ? held : has) + qty;
      if (has !== wanted && (line || !id)) {
        if (!id && !arrived) write(WAITING, [{ ...change, held: has, sent: qty }, ...list.slice(1)]);
        const { ok, found } = await (id || arrived ? setLine(line.id, wanted)
          : ask("POST", "/api/cart/lines", { sku, bundle, qty }));
        if (ok) now = found;
        else refused.push([`${title}:`, found.title, found.detail, found.hint].filter(Boolean).join(" "));
      }
      write(WAITING, waiting().slice(1));
    }
    const { count, version, quote } = now;
    const lines = now.lines.map((l) => ({ id: l.id, title: l.title, qty: l.qty }));
    write("cart", { count, version, missing: quote?.delivery?.missing_for_free_minor ?? null, lines });
    note(now);
    draw();
    if (refused.length) say(fill(words.refused, { list: refused.join(" ") }));
    else if (had) say(words.sent);
    return refused;
  };

  // Asks whether the shop is back: one question at a time, over all open pages of this browser.
  let away = false, pause = PAUSE_MS, timer, asking;
  const check = () => (asking ??= (async () => {
    clearTimeout(timer);
    try {
      const refused = await (navigator.locks ? navigator.locks.request(WAITING, deliver) : deliver());
      [away, pause] = [false, PAUSE_MS];
      return refused.length === 0;
    } catch {
      away = true;
      timer = setTimeout(check, pause);
      pause = Math.min(pause * 2, PAUSE_LONGEST_MS);
      return false;
    } finally { asking = null; }
  })());
  const soon = () => { if (!document.hidden && (away || waiting().length)) check(); };

  // The cart as this browser keeps it, over the page.
  let drawer;
  const line = (row) => {
    const field = make("input", { type: "number", required: true, min: 1, max: 999, value: row.qty, inputMode: "numeric" });
    field.setAttribute("aria-label", fill(words.qty, { title: row.title }));
    const remove = make("button", { type: "button", className: "link", textContent: words.remove });
    remove.setAttribute("aria-label", fill(words.removeNamed, { title: row.title }));
    field.addEventListener("change", () => { if (field.reportValidity()) set(row, Number(field.value)); });
    remove.addEventListener("click", () => { set(row, 0); list(); $("button", drawer).focus(); });
    const name = make("span", { textContent: [row.title, row.price].filter(Boolean).join(", ") });
    return make("li", { className: "row" }, name, make("span", { className: "qty" }, field), remove);
  };
  const list = () => {
    const lines = rows().map(line);
    $("ul", drawer).replaceChildren(...(lines.length ? lines : [make("li", { textContent: words.empty })]));
  };
  const open = () => {
    if (!drawer) {
      const again = make("button", { type: "button", className: "button", textContent: words.again });
      const close = make("button", { type: "button", className: "link", textContent: words.close });
      drawer = make("dialog", { className: "added", id: "resting" },
        make("h2", { textContent: words.title }),
        make("p", { textContent: words.text }),
        make("ul"),
        make("p", { className: "row" }, again, close),
      );
      drawer.setAttribute("aria-label", words.title);
      again.addEventListener("click", () => go("/cart"));
      close.addEventListener("click", () => drawer.close());
      document.body.append(drawer);
    }
    list();
    if (!drawer.open) drawer.showModal();
  };
  // To the shop when it answers; else the cart is shown here.
  const go = async (path) => {
    if (await check()) location.assign(path);
    else if (away) open();
    else drawer?.close();
  };

  // What was sent last tells the names of things: the shop's own words stand on the page.
  let form;
  const face = () => {
    const card = form?.closest("article");
    const choice = $("input[name=sku]:checked", form ?? document)?.dataset.label;
    const title = $(".card-title", card ?? document)?.textContent;
    const price = card ? $(".price", card) : $("[data-price-box] .price");
    return {
      title: card && title ? title : [$("h1").textContent, choice].filter(Boolean).join(", "),
      price: ($("ins", price ?? document.createElement("p")) ?? price)?.textContent.trim() ?? "",
    };
  };
  document.addEventListener("submit", ({ target }) => { form = target; }, true);
  document.addEventListener("kiosk:unreachable", (event) => {
    const { method, path, body } = event.detail;
    if (!away) { away = true; timer = setTimeout(check, pause); }
    if (method !== "POST" || path !== "/api/cart/lines") return;
    const { sku, bundle, qty } = body;
    if (!put({ sku, bundle, qty, ...face() })) return;
    event.preventDefault();
    event.detail.answer = cart();
    setTimeout(() => {
      draw();
      const told = $("#added[open]");
      told?.close();
      if (told) open(); else say(words.kept);
    });
  });
  document.addEventListener("kiosk:cart", ({ detail }) => { note(detail); draw(); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href='/cart'], a[href='/checkout']");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(link.getAttribute("href"));
  });
  addEventListener("online", soon);
  addEventListener("focus", soon);
  document.addEventListener("visibilitychange", soon);
  draw();
  soon();
})();
