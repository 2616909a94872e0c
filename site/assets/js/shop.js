// The storefront's script. Every page works without it: it saves round trips, keeps stock and
// cart fresh on pages that are the same for everybody, and says aloud what has happened.
//
// What it asks for:
//   GET /api/cart, POST /api/cart/lines {sku|bundle, qty}, PATCH {qty} and DELETE /api/cart/lines/<id>
//     all answer the cart: {count, version, lines: [{id, title, qty, …}], quote: {delivery, …}}
//   GET /api/availability?sku=A&sku=B → {items: [{sku, state: in_stock|low|sold_out, left}]}
//   GET /api/checkout/<order token> → {payment_status, fulfilment_status}
//   refusals are problem+json {title, detail, hint}; /cart and /checkout as pages, to put in place
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const words = $("#words")?.dataset ?? {};
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  // Fills "{n} left" from {n: 3}.
  const fill = (sentence, values) =>
    (sentence ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

  const money = (minor) => {
    const { locale, currency } = root.dataset;
    const format = new Intl.NumberFormat(locale, { style: "currency", currency });
    return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
  };

  // Writes into the live region at the foot of the page; an action may stand beside the words.
  let quiet;
  const say = (message, action) => {
    const status = $("#status");
    if (!status) return;
    clearTimeout(quiet);
    status.textContent = message;
    if (action) {
      const button = Object.assign(document.createElement("button"), {
        type: "button", className: "link", textContent: action.label, onclick: action.run,
      });
      status.append(button);
    }
    quiet = setTimeout(() => { status.textContent = ""; }, action ? 12000 : 7000);
  };

  // A refusal carries the server's own words.
  class Refused extends Error {}
  const sentences = (parts) =>
    parts.filter(Boolean).map((s) => (/[.!?]$/.test(s) ? s : `${s}.`)).join(" ");
  const complain = (error) => say(error instanceof Refused ? error.message : `${words.problem}. ${words.again}`);

  const call = async (method, path, body) => {
    const answer = await fetch(path, {
      method,
      headers: { accept: "application/json", ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
    }).catch((error) => error);
    // Out of reach. Whoever stops the event stands in for the shop and gives the answer.
    if (answer instanceof Error || [502, 503, 504].includes(answer.status)) {
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

  const page = async (path, form) => {
    const answer = await fetch(path, {
      headers: { accept: "text/html" },
      ...(form && { method: "POST", body: new URLSearchParams(form) }),
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
      const kept = { count: cart.count, version: cart.version, lines };
      try { localStorage.setItem("cart", JSON.stringify(kept)); } catch { /* private mode */ }
      count(cart.count);
      document.dispatchEvent(new CustomEvent("kiosk:cart", { detail: cart }));
    },
  };
  const count = (n) => {
    for (const badge of $$("[data-cart-count]")) {
      badge.hidden = !n;
      badge.textContent = n > 99 ? "99+" : n || "";
      badge.closest("a").setAttribute("aria-label", fill(words.count, { n: n || 0 }));
    }
  };

  // Draws the mirror, then asks the server; on the cart page, says what has changed meanwhile.
  const sync = async () => {
    const before = mirror.read();
    const here = $("#cart");
    if (!before?.count && !here) return;
    if (before?.count) count(before.count);
    const now = await call("GET", "/api/cart").catch(() => null);
    if (!now) return;
    mirror.write(now);
    if (!here || !before || before.version === now.version) return;
    const left = new Map((now.lines ?? []).map((line) => [line.id, line.qty]));
    const moved = before.lines.filter((line) => left.get(line.id) !== line.qty)
      .map((line) => `${line.title} ${line.qty} → ${left.get(line.id) ?? 0}`);
    if (moved.length) say(fill(words.moved, { list: moved.join(", ") }));
  };

  // Add to cart
  const add = async (form, submitter) => {
    const { sku, bundle, qty } = Object.fromEntries(new FormData(form));
    const done = busy(submitter, words.adding);
    try {
      const cart = await call("POST", "/api/cart/lines", { sku, bundle, qty: Number(qty) });
      mirror.write(cart);
      say(words.added);
      if (form.matches(".buy-form")) announce(form, cart, qty);
    } catch (error) {
      if (error instanceof Refused) complain(error); else form.submit();
    } finally { done(); }
  };
  const announce = (form, { quote }, qty) => {
    const choice = $("input:checked", form)?.dataset.label;
    $("#added-line").textContent = `${qty} × ${$("h1").textContent}${choice ? `, ${choice}` : ""}`;
    const missing = quote?.delivery?.missing_for_free_minor;
    $("#added-gap").textContent = missing ? fill(words.gap, { amount: money(missing) })
      : quote?.delivery?.price_minor === 0 && quote.delivery.list_minor > 0 ? words.free : "";
    $("#added").showModal();
  };

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
      const { id, name, value } = active;
      const back = (id && document.getElementById(id)) ||
        (name && $$(`[name="${name}"]`, next).find((field) => field.value === value && value !== "1"));
      if (back) back.focus({ preventScroll: true }); else toHeading();
    }
    return true;
  };

  // Cart: a line's change is shown at once and taken back if the server refuses it.
  const change = async (form, submitter) => {
    const id = form.dataset.cart;
    const line = id && document.getElementById(`line-${id}`);
    try {
      if (!line) {
        const data = new FormData(form);
        if (submitter?.name) data.set(submitter.name, submitter.value);
        const fresh = await page(form.action, data);
        const told = sentences($$("h1, [data-detail], [data-hint], .notice p", fresh)
          .map((e) => e.textContent).slice($("#cart", fresh) ? 1 : 0));
        if (!swap(fresh, "#cart")) throw new Refused(told);
        if (told) say(told);
        mirror.write(await call("GET", "/api/cart"));
        return;
      }
      const field = $("[name=qty]", line);
      const path = `/api/cart/lines/${encodeURIComponent(id)}`;
      line.setAttribute("aria-busy", "true");
      if (submitter?.name === "remove") {
        toHeading();
        line.hidden = true;
        await call("DELETE", path);
        const { kind, ref, qty } = line.dataset;
        const undo = async () => {
          try {
            mirror.write(await call("POST", "/api/cart/lines", { [kind]: ref, qty: Number(qty) }));
            swap(await page("/cart"), "#cart");
          } catch (error) { complain(error); }
        };
        say(fill(words.removed, { title: line.dataset.title }), kind && { label: words.undo, run: undo });
      } else {
        await call("PATCH", path, { qty: Number(field.value) });
        say(words.updated);
      }
      swap(await page("/cart"), "#cart");
      mirror.write(await call("GET", "/api/cart"));
    } catch (error) {
      if (line) {
        line.hidden = false;
        line.removeAttribute("aria-busy");
        const field = $("[name=qty]", line);
        if (field) field.value = field.defaultValue;
      }
      complain(error);
    }
  };

  // Checkout: another country or way of delivery brings a new total before anybody pays.
  const requote = async (form, what) => {
    const data = new FormData(form);
    const pay = $("[data-pay]");
    const done = busy(pay);
    try {
      const chosen = { country: data.get("country") };
      if (what === "rate") chosen.rate = data.get("rate");
      await fetch("/cart/destination", { method: "POST", body: new URLSearchParams(chosen) });
      const fresh = await page("/checkout");
      for (const name of ["cart_version", "quote_total"]) {
        form.elements[name].value = $(`[name=${name}]`, fresh).value;
      }
      if (what === "country") swap(fresh, "#rates");
      swap(fresh, "#summary");
      say(`${$("#summary .total").innerText.replace(/\s+/g, " ")}`);
    } catch (error) { done(); complain(error); }
  };

  // Product page: price, stock, picture and address follow the chosen variant.
  const choose = (input) => {
    const { price, regular, unit, state, picture, max } = input.dataset;
    const box = $("[data-price-box] .price");
    if (regular) {
      const [now, was] = [document.createElement("ins"), document.createElement("del")];
      now.textContent = price;
      was.textContent = regular;
      box.replaceChildren(now, " ", was);
    } else box.textContent = price;
    let note = $("[data-price-box] .unit-price");
    if (!note && unit) {
      note = Object.assign(document.createElement("span"), { className: "unit-price" });
      box.after(" ", note);
    }
    if (note) note.textContent = unit;
    const quantity = $("#qty");
    quantity.max = max;
    if (Number(quantity.value) > Number(max)) quantity.value = max || 1;
    sell(state !== "sold_out");
    look(Number(picture));
  };
  const sell = (possible) => {
    const button = $("[data-buy]");
    button.disabled = !possible;
    button.textContent = possible ? words.add : words.sold_out;
  };
  const look = (index) => {
    const strip = $(".strip");
    const target = strip?.children[index];
    if (!target) return;
    strip.scrollTo({ left: target.offsetLeft - strip.offsetLeft, behavior: calm.matches ? "auto" : "smooth" });
    $$(".dots a").forEach((dot, i) => {
      if (i === index) dot.setAttribute("aria-current", "true"); else dot.removeAttribute("aria-current");
    });
  };
  const zoom = (link) => {
    const dialog = Object.assign(document.createElement("dialog"), { className: "zoom" });
    const image = Object.assign(new Image(), { src: link.href, alt: $("img", link)?.alt ?? "", className: "pic" });
    const close = Object.assign(document.createElement("button"), { className: "button", textContent: words.close });
    dialog.append(image, close);
    dialog.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };
  const restock = async () => {
    const marks = $$("[data-availability]");
    if (!marks.length) return;
    const query = new URLSearchParams(marks.map((mark) => ["sku", mark.dataset.availability]));
    const { items = [] } = await call("GET", `/api/availability?${query}`).catch(() => ({}));
    for (const { sku, state, left } of items) {
      const mark = marks.find((m) => m.dataset.availability === sku);
      if (!mark || !words[state]) continue;
      const text = document.createElement("span");
      text.className = `stock stock-${state}`;
      text.textContent = state === "low" && left ? fill(words.left, { n: left }) : words[state];
      mark.replaceChildren(text);
      const label = mark.closest(".choice");
      if (label) {
        label.className = `choice choice-${state}`;
        $("input", label).dataset.state = state;
      }
      if (!label || $("input", label).checked) sell(state !== "sold_out");
    }
  };

  // Order page: waits for the webhook's news, and counts down while things are kept.
  const watch = (order) => {
    const { poll, payment, fulfilment } = order.dataset;
    const until = Date.now() + 15 * 60000;
    let pause = 1500;
    const ask = async () => {
      const now = await call("GET", poll).catch(() => null);
      if (now && (now.payment_status !== payment || now.fulfilment_status !== fulfilment)) {
        return location.reload();
      }
      pause = Math.min(pause * 1.25, 15000);
      if (Date.now() < until) setTimeout(ask, pause);
    };
    setTimeout(ask, pause);
  };
  const countdown = (hold) => {
    let warned = false;
    const tick = () => {
      const minutes = Math.ceil((Number(hold.dataset.holdUntil) - Date.now()) / 60000);
      const sentence = minutes > 0 ? fill(words.hold, { n: minutes }) : words.over;
      $("[data-hold-left]", hold).textContent = sentence;
      if (minutes <= 2 && !warned) {
        warned = true;
        $("[data-hold-status]").textContent = sentence;
      }
      if (minutes > 0) setTimeout(tick, 5000);
    };
    tick();
  };

  // − and + beside number fields, where there is room.
  const stepper = (box) => {
    const field = $("input", box);
    const make = (sign, step) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: sign });
      button.setAttribute("aria-label", `${$("label", box).textContent} ${sign}`);
      button.addEventListener("click", () => {
        const before = field.value;
        if (step > 0) field.stepUp(); else field.stepDown();
        if (field.value !== before) field.dispatchEvent(new Event("change", { bubbles: true }));
      });
      return button;
    };
    box.append(make("−", -1), make("+", 1));
  };
  const prepare = (from) => $$(".buy-row .qty, .line-qty .qty", from).forEach(stepper);

  // Everything starts here.
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (submitter?.getAttribute("aria-disabled") === "true") return event.preventDefault();
    if (form.matches("[data-add]")) { event.preventDefault(); add(form, submitter); }
    else if (form.matches("[data-cart]")) { event.preventDefault(); change(form, submitter); }
    else if (form.matches("[data-busy]")) {
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "1";
      const done = busy(submitter, form.dataset.busy);
      addEventListener("pageshow", ({ persisted }) => {
        if (persisted) { delete form.dataset.sent; done(); }
      }, { once: true });
    }
  });
  document.addEventListener("change", ({ target }) => {
    const form = target.form;
    if (!form) return;
    if (form.matches("[data-auto]") || (target.name === "qty" && form.matches("[data-cart]"))) {
      if (form.reportValidity()) form.requestSubmit();
    } else if (form.matches("[data-checkout]") && ["country", "rate"].includes(target.name)) {
      requote(form, target.name);
    } else if (target.name === "sku" && form.matches(".buy-form")) {
      choose(target);
      history.replaceState(null, "", `?variant=${encodeURIComponent(target.value)}`);
    }
  });
  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    const menu = $(".menu[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
    if (at("[data-close]")) at("dialog")?.close();
    else if (at("[data-print]")) print();
    else if (at("[data-copy]")) {
      navigator.clipboard.writeText(at("[data-copy]").dataset.copy).then(() => say(words.copied), () => {});
    } else if (at("[data-zoom]") && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      zoom(at("[data-zoom]"));
    } else if (at(".dots a")) {
      event.preventDefault();
      look($$(".dots a").indexOf(at(".dots a")));
    }
  });
  document.addEventListener("keydown", ({ key }) => {
    const menu = $(".menu[open]");
    if (key === "Escape" && menu) { menu.open = false; $("summary", menu).focus(); }
  });
  addEventListener("pageshow", ({ persisted }) => { if (persisted) sync(); });

  prepare(document);
  $$("[data-print], [data-copy]").forEach((button) => { button.hidden = false; });
  $("#errors")?.focus();
  if ($("#words")) sync();
  if ($("[data-product]")) {
    const wanted = new URLSearchParams(location.search).get("variant");
    const input = wanted && $$("input[type=radio][name=sku]").find((i) => i.value === wanted);
    if (input) { input.checked = true; choose(input); } else look(0);
    restock();
  }
  if ($("[data-poll]")) watch($("[data-poll]"));
  if ($("[data-hold-until]")) countdown($("[data-hold-until]"));
})();
