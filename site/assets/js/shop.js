// On every page, which works without it: saves round trips, keeps the cart's count fresh and says
// what has happened. product.js, list.js, cart.js and order.js follow and use `window.kiosk`.
//
// What it asks for:
//   GET /api/cart, POST /api/cart/lines {sku|bundle, qty}
//     answer the cart: {count, version, lines: [{id, title, qty, …}], quote: {delivery, …}}
//   GET /api/suggest?q= → {items: [{kind, title, url, picture|null, price_minor|null}]}
//   refusals are problem+json {title, detail, hint}
//   POST /api/browser-errors {message, page, at, stack}
// What it tells, as events of `document`:
//   kiosk:cart        the cart has changed; detail: the cart
//   kiosk:added       something was put into it; detail: {form, cart, qty}. Whoever shows it by
//                     itself calls preventDefault()
//   kiosk:refused     nothing was put into the cart
//   kiosk:unreachable the shop did not answer; detail: {method, path, body}. Whoever answers for
//                     it calls preventDefault() and sets detail.answer (a promise)
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const words = $("#words")?.dataset ?? {};
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  // Makes an element: make("p", { className: "small" }, "words", child).
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  // Fills "{n} left" from {n: 3}.
  const fill = (sentence, values) =>
    (sentence ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

  const money = (minor) => {
    const { locale, currency, decimals } = root.dataset;
    const style = { style: "currency", currencyDisplay: "narrowSymbol", currency,
      minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    return new Intl.NumberFormat(locale, style).format(minor / 10 ** decimals);
  };

  // Writes into the live region at the foot of the page; an action may stand beside the words.
  let quiet;
  const say = (message, action) => {
    const status = $("#status");
    if (!status) return;
    clearTimeout(quiet);
    status.textContent = message;
    if (action) {
      status.append(make("button", {
        type: "button", className: "link", textContent: action.label, onclick: action.run,
      }));
    }
    const hide = () => {
      // Nobody loses the button they are about to press.
      if (status.matches(":hover, :focus-within")) quiet = setTimeout(hide, 4000);
      else status.textContent = "";
    };
    quiet = setTimeout(hide, action ? 12000 : 7000);
  };

  // A refusal carries the server's own words; anything else is a shop out of reach.
  class Refused extends Error {}
  // A script of ours failed: the shop is told, five times a page at most, and nothing of the
  // visitor but the page's address goes with it.
  let reported = 0;
  const tell = (error, message, at) => {
    const stack = String(error?.stack ?? "");
    if (reported++ > 4 || error instanceof Refused || !`${at}${stack}`.includes(location.origin)) return;
    const body = JSON.stringify({ message: String(message).slice(0, 300), page: location.pathname,
      at, stack: stack.slice(0, 3000) });
    navigator.sendBeacon?.("/api/browser-errors", new Blob([body], { type: "application/json" }));
  };
  addEventListener("error", ({ error, message, filename, lineno, colno }) =>
    tell(error, message, `${filename ?? ""}:${lineno}:${colno}`));
  addEventListener("unhandledrejection", ({ reason }) => tell(reason, reason, ""));
  // The fade from page to page is a comfort: where the browser leaves it out, nothing failed.
  for (const turn of ["pageswap", "pagereveal"])
    addEventListener(turn, ({ viewTransition: fade }) =>
      fade && Promise.allSettled([fade.updateCallbackDone, fade.ready, fade.finished]));

  const sentences = (parts) =>
    parts.filter(Boolean).map((s) => (/[.!?]$/.test(s) ? s : `${s}.`)).join(" ");
  const complain = (error) =>
    say(error instanceof Refused ? error.message : words.unreachable);

  const call = async (method, path, body) => {
    const answer = await fetch(path, {
      method,
      // Whoever goes on to another page has still changed the cart.
      keepalive: method !== "GET",
      headers: { accept: "application/json", ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
    }).catch((error) => error);
    // Out of reach, or somebody before the shop answers for it: its own words are JSON. Whoever
    // stops the event stands in for the shop and gives the answer.
    const foreign = !answer.ok && !/json/.test(answer.headers?.get("content-type"));
    if (foreign || answer.status > 501) {
      const detail = { method, path, body };
      const news = new CustomEvent("kiosk:unreachable", { detail, cancelable: true });
      if (!document.dispatchEvent(news)) return detail.answer;
      if (answer instanceof Error) throw answer;
    }
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const { title = words.problem, detail = "", hint = "" } = found;
      throw new Refused(sentences([title, detail, hint]));
    }
    return found;
  };

  // A page of the shop, read but not shown; `data` makes it a form that is sent.
  const page = async (path, data) => {
    const answer = await fetch(path, {
      headers: { accept: "text/html" },
      ...(data && { method: "POST", body: new URLSearchParams(data) }),
    });
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };

  // A button that is working: keeps its width, refuses a second press, stays focusable.
  const busy = (button, label) => {
    if (!button) return () => {};
    const before = [...button.childNodes];
    button.style.minWidth = `${button.offsetWidth}px`;
    button.setAttribute("aria-disabled", "true");
    button.setAttribute("aria-busy", "true");
    if (label) button.replaceChildren(label);
    return () => {
      button.replaceChildren(...before);
      button.removeAttribute("aria-disabled");
      button.removeAttribute("aria-busy");
    };
  };

  // The cart's mirror in this browser: draws the count at once; the server is always right.
  const mirror = {
    read: () => { try { return JSON.parse(localStorage.getItem("cart")); } catch { return null; } },
    write: (cart) => {
      const lines = (cart.lines ?? []).map(({ id, title, qty }) => ({ id, title, qty }));
      const missing = cart.quote?.delivery?.missing_for_free_minor ?? null;
      const kept = { count: cart.count, version: cart.version, missing, lines };
      try { localStorage.setItem("cart", JSON.stringify(kept)); } catch { /* private mode */ }
      draw(kept);
      document.dispatchEvent(new CustomEvent("kiosk:cart", { detail: cart }));
    },
  };
  const count = (n) => {
    for (const badge of $$("[data-cart-count]")) {
      badge.hidden = !n;
      badge.textContent = n > 99 ? "99+" : n || "";
    }
  };
  const draw = (kept) => {
    count(kept.count);
    const note = $("[data-free-gap]");
    if (!note) return;
    note.hidden = !kept.count || !kept.missing;
    note.textContent = note.hidden ? "" : fill(words.gap, { amount: money(kept.missing) });
  };

  // Draws the mirror, then asks the server; on the cart page, says what has changed meanwhile.
  const sync = async () => {
    const before = mirror.read();
    const here = $("#cart");
    if (!before?.count && !here) return;
    if (before) draw(before);
    const now = await call("GET", "/api/cart").catch(() => null);
    if (!now) return;
    mirror.write(now);
    if (!here || !before || before.version === now.version) return;
    const left = new Map((now.lines ?? []).map((line) => [line.id, line.qty]));
    const moved = before.lines.filter((line) => left.get(line.id) !== line.qty)
      .map((line) => `${line.title} ${line.qty} → ${left.get(line.id) ?? 0}`);
    if (moved.length) say(fill(words.moved, { list: moved.join(", ") }));
  };

  // Add to cart: counted at once, taken back with the reason when the server refuses.
  const add = async (form, submitter) => {
    const { sku, bundle, qty } = Object.fromEntries(new FormData(form));
    const done = busy(submitter, words.adding);
    const before = mirror.read()?.count ?? 0;
    count(before + Number(qty));
    try {
      const cart = await call("POST", "/api/cart/lines", { sku, bundle, qty: Number(qty) });
      mirror.write(cart);
      const view = { label: words.view, run: () => location.assign("/cart") };
      const told = { form, cart, qty };
      const isShown = !document.dispatchEvent(new CustomEvent("kiosk:added", { detail: told, cancelable: true }));
      say(words.added, isShown ? null : view);
    } catch (error) {
      count(before);
      complain(error);
      if (error instanceof Refused) document.dispatchEvent(new Event("kiosk:refused"));
    } finally { done(); }
  };

  // Search suggestions: a combobox over the field; Enter without a choice searches as ever.
  const suggest = (form) => {
    const field = $("input[type=search]", form);
    const list = make("ul", { id: "suggestions", className: "suggestions", hidden: true });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", words.suggestions);
    const told = make("p", { className: "hidden" });
    told.setAttribute("role", "status");
    form.append(list, told);
    const is = (name, value) => field.setAttribute(`aria-${name}`, value);
    field.setAttribute("role", "combobox");
    is("autocomplete", "list");
    is("controls", list.id);
    is("expanded", "false");
    let at = -1;
    let asked = "";
    let wait;
    const close = () => {
      list.hidden = true;
      is("expanded", "false");
      field.removeAttribute("aria-activedescendant");
      at = -1;
    };
    const mark = (next) => {
      const options = $$("[role=option]", list);
      at = (next + options.length + 1) % (options.length + 1);
      options.forEach((option, i) => option.setAttribute("aria-selected", i === at));
      if (options[at]) {
        is("activedescendant", options[at].id);
        options[at].scrollIntoView({ block: "nearest" });
      } else field.removeAttribute("aria-activedescendant");
    };
    const show = ({ items = [] }) => {
      list.replaceChildren(...items.map(({ kind, title, url, picture, price_minor: price }, i) => {
        const image = picture ? make("img", { src: picture.src, alt: "", width: 40, height: 40 }) : "";
        if (image && picture.srcset) Object.assign(image, { sizes: "40px", srcset: picture.srcset });
        const parts = [image, make("span", {}, title)];
        if (price != null) parts.push(make("span", { className: "num muted" }, money(price)));
        const option = make("li", { id: `suggestion-${i}`, className: `suggestion-${kind}` }, ...parts);
        option.setAttribute("role", "option");
        option.dataset.url = url;
        if (kind === "category") option.append(make("span", { className: "num muted" }, words.category));
        return option;
      }));
      list.hidden = !items.length;
      is("expanded", String(!list.hidden));
      at = -1;
      told.textContent = items.length ? fill(words.suggested, { n: items.length }) : "";
    };
    const ask = async () => {
      const typed = field.value.trim();
      asked = typed;
      if (typed.length < 2) return close();
      const found = await call("GET", `/api/suggest?q=${encodeURIComponent(typed)}`).catch(() => ({}));
      if (asked === typed && document.activeElement === field) show(found);
    };
    field.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(ask, 120); });
    field.addEventListener("blur", close);
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !list.hidden) { event.preventDefault(); close(); }
      if (list.hidden) return;
      if (event.key === "ArrowDown") { event.preventDefault(); mark(at + 1); }
      else if (event.key === "ArrowUp") { event.preventDefault(); mark(at < 0 ? -2 : at - 1); }
      else if (event.key === "Enter") {
        const chosen = $("[aria-selected=true]", list);
        if (chosen) { event.preventDefault(); location.assign(chosen.dataset.url); }
      }
    });
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) location.assign(option.dataset.url);
    });
  };

  // − and + beside number fields, where there is room.
  const stepper = (box) => {
    const field = $("input", box);
    const name = $("label", box).textContent;
    const button = (sign, label, step) => {
      const made = make("button", { type: "button", textContent: sign });
      made.setAttribute("aria-label", fill(label, { name }));
      made.addEventListener("click", () => {
        const before = field.value;
        if (step > 0) field.stepUp(); else field.stepDown();
        if (field.value === before) return;
        for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
      });
      return made;
    };
    const [fewer, more] = [button("−", words.fewer, -1), button("+", words.more, 1)];
    box.append(fewer, more);
    const ends = () => {
      fewer.setAttribute("aria-disabled", field.value === field.min);
      more.setAttribute("aria-disabled", field.value === field.max);
    };
    field.addEventListener("input", ends);
    ends();
  };
  const prepare = (from) => $$(".buy-row .qty, .line-qty .qty", from).forEach(stepper);

  const toHeading = () => {
    const heading = $("h1");
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  };

  // Puts the server's fresh version of a part of the page in place; focus stays where it was.
  const swap = (fresh, selector) => {
    const [old, next] = [$(selector), $(selector, fresh)];
    if (!old || !next) return false;
    const active = document.activeElement;
    const within = old.contains(active);
    $$("details", next).forEach((fold, i) => { fold.open ||= $$("details", old)[i]?.open; });
    old.replaceWith(next);
    prepare(next);
    if (within) {
      const { id, name, value, type } = active;
      // A button has no name: the same one in the same place, such as − beside a line.
      const box = active.closest("[id]");
      const all = (from) => $$("button, a", from);
      const alike = all(document.getElementById(box.id) ?? next)[all(box).indexOf(active)];
      // A quantity of one stands in many lines; what is ticked is told by its value.
      const tells = value !== "1" || /^(checkbox|radio)$/.test(type);
      const back = (id && document.getElementById(id)) ||
        (name && tells && $$(`[name="${CSS.escape(name)}"]`, next).find((field) => field.value === value)) ||
        (alike?.outerHTML === active.outerHTML && alike);
      if (back) back.focus({ preventScroll: true }); else toHeading();
    }
    return true;
  };

  window.kiosk = {
    $, $$, Refused, busy, call, calm, complain, count, fill, make, mirror, money, page, prepare, say,
    sentences, swap, sync, toHeading, words,
  };

  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (submitter?.getAttribute("aria-disabled") === "true") return event.preventDefault();
    if (form.matches("[data-add]")) { event.preventDefault(); add(form, submitter); }
    else if (form.matches("[data-busy]")) {
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "1";
      const done = busy(submitter, form.dataset.busy);
      addEventListener("pageshow", ({ persisted }) => {
        if (persisted) { delete form.dataset.sent; done(); }
      }, { once: true });
    }
  });
  const leave = ({ target }) => {
    const menu = $(".menu[open]");
    if (menu && !menu.contains(target)) menu.open = false;
  };
  document.addEventListener("focusin", leave);
  document.addEventListener("click", leave);
  document.addEventListener("click", ({ target }) => {
    const dialog = target.closest("dialog");
    if (dialog && (target === dialog || target.closest("[data-close]"))) dialog.close();
  });
  document.addEventListener("keydown", ({ key }) => {
    const menu = $(".menu[open]");
    if (key === "Escape" && menu) { menu.open = false; $("summary", menu).focus(); }
  });
  addEventListener("pageshow", ({ persisted }) => { if (persisted) sync(); });

  prepare(document);
  $$("[data-suggest]").forEach(suggest);
  $("#errors")?.focus();
  if ($("#words")) sync();
})();
