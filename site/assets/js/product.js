// A product's or bundle's page: price, stock, picture and address follow the chosen variant;
// stock is asked for once, because the page was made beforehand; pictures open large.
//
// What it asks for:
//   GET /api/availability?sku=A&bundle=B → {items: [{sku|bundle, state: in_stock|low|sold_out, left}]}
(() => {
  "use strict";
  const { $, $$, call, calm, fill, make, money, sentences, words } = window.kiosk;
  if (!$("[data-product]")) return;
  const stock = $("[data-gallery]").dataset;
  const variants = $$("input[type=radio][name=sku]");
  const axes = matchMedia("(scripting: enabled)").matches ? $$("[data-axis]") : [];
  const optionsOf = (variant) => variant.dataset.options.split("|");

  const stockWords = (state, left) => make("span", { className: `stock stock-${state}` },
    state === "low" && left ? fill(stock.left, { n: left }) : stock[state]);

  const sell = (possible) => {
    const button = $("[data-buy]");
    button.disabled = !possible;
    button.textContent = possible ? button.dataset.addWord : button.dataset.goneWord;
  };

  const look = (index, jump = calm.matches) => {
    const strip = $(".strip");
    const target = strip?.children[index];
    if (!target) return;
    strip.scrollTo({ left: target.offsetLeft - strip.offsetLeft, behavior: jump ? "instant" : "smooth" });
    mark(index);
  };
  const mark = (index) => $$(".dots a").forEach((dot, i) => {
    dot.dataset.at = i;
    if (i === index) dot.setAttribute("aria-current", "true"); else dot.removeAttribute("aria-current");
  });

  // What the chosen variant costs, and whether there is any.
  const choose = (variant, jump) => {
    const { price, regular, prior, unit, state, picture, max } = variant.dataset;
    const box = $("[data-price-box] .price");
    const named = (words) => make("span", { className: "hidden" }, `${words} `);
    if (regular) {
      box.replaceChildren(named(stock.sale), make("ins", {}, price), " ", named(stock.regular), make("del", {}, regular));
    } else box.textContent = price;
    let note = $("[data-price-box] .unit-price");
    if (!note && unit) {
      note = make("span", { className: "unit-price" });
      box.after(" ", note);
    }
    if (note) note.textContent = unit;
    $(".prior")?.replaceChildren(prior);
    const code = $("[data-sku]");
    if (code && variants.some((v) => v.value === code.textContent)) code.textContent = variant.value;
    const quantity = $("#qty");
    quantity.max = max;
    if (Number(quantity.value) > Number(max)) quantity.value = max || 1;
    quantity.dispatchEvent(new Event("input"));
    sell(state !== "sold_out");
    look(Number(picture), jump);
  };

  // One group of choices for each axis. Every value says what it costs and whether it is there,
  // together with what is chosen on the other axes; what is sold out can be chosen to see why.
  const chosenValues = () => axes.map((axis) => $("input:checked", axis)?.value);
  const find = (values) => variants.find((v) => optionsOf(v).every((value, i) => value === values[i]));
  const drawAxes = () => {
    const chosen = chosenValues();
    const prices = new Set(variants.map((v) => v.dataset.price));
    axes.forEach((axis, at) => $$("input", axis).forEach((input) => {
      const variant = find(chosen.with(at, input.value));
      const { state = "sold_out", price = "", left } = variant?.dataset ?? {};
      const label = input.closest(".choice");
      label.className = `choice choice-${state}`;
      const facts = [];
      if (prices.size > 1 && variant) facts.push(make("span", { className: "num" }, price), " ");
      if (!variant) facts.push(stock.none);
      else if (state !== "in_stock" || at === axes.length - 1) facts.push(stockWords(state, left));
      $("[data-facts]", label).replaceChildren(...facts);
    }));
    const variant = find(chosen);
    const { state = "sold_out", left, label = chosen.join(" / ") } = variant?.dataset ?? {};
    $("[data-chosen]").replaceChildren(`${label}: `, variant ? stockWords(state, left) : stock.none);
    return variant;
  };
  const follow = () => {
    const variant = drawAxes();
    if (!variant) return sell(false);
    variant.checked = true;
    choose(variant);
    remember(variant);
  };
  const remember = (variant) =>
    history.replaceState(history.state, "", `?variant=${encodeURIComponent(variant.value)}`);
  const tick = (variant) => optionsOf(variant).forEach((value, at) => {
    const input = $$("input", axes[at] ?? document.createElement("p")).find((i) => i.value === value);
    if (input) input.checked = true;
  });

  // Asks what is there now. Of a set's parts only those are named that are not in stock.
  const restock = async () => {
    const marks = $$("[data-availability], [data-bundle]");
    if (!marks.length) return;
    const names = marks.map(({ dataset: { bundle, availability } }) =>
      (bundle ? ["bundle", bundle] : ["sku", availability]));
    const all = [];
    // The shop tells of so many at once.
    for (let at = 0; at < names.length; at += 50) {
      const query = new URLSearchParams(names.slice(at, at + 50));
      const { items = [] } = await call("GET", `/api/availability?${query}`).catch(() => ({}));
      all.push(...items);
    }
    for (const { sku, bundle, state, left } of all) {
      const mark = marks.find(({ dataset }) => (bundle ? dataset.bundle === bundle : dataset.availability === sku));
      if (!mark || !stock[state]) continue;
      const isPart = mark.closest(".items");
      mark.replaceChildren(...(isPart && state === "in_stock" ? [] : [stockWords(state, left)]));
      if (isPart) continue;
      const label = mark.closest(".choice");
      if (label) {
        label.className = `choice choice-${state}`;
        Object.assign($("input", label).dataset, { state, left: left ?? "" });
      }
      if (!label || $("input", label).checked) sell(state !== "sold_out");
    }
    if (axes.length) drawAxes();
  };

  // Pictures large, one after the other; arrow keys turn.
  const zoom = (links, first) => {
    let at = first;
    const image = make("img", { className: "zoom-pic" });
    const show = (next) => {
      at = (next + links.length) % links.length;
      const small = $("img", links[at]);
      Object.assign(image, { src: links[at].href, alt: small?.alt ?? "" });
      look(at);
    };
    const button = (sign, kind, name, run) => {
      const made = make("button", { type: "button", className: `zoom-${kind}`, textContent: sign, onclick: run });
      made.setAttribute("aria-label", name);
      return made;
    };
    const dialog = make("dialog", { className: "zoom" }, image, button("×", "close", words.close, () => dialog.close()));
    if (links.length > 1) {
      dialog.append(
        button("‹", "previous", stock.previous, () => show(at - 1)),
        button("›", "next", stock.next, () => show(at + 1)),
      );
    }
    dialog.setAttribute("aria-label", $("h1").textContent);
    dialog.addEventListener("keydown", ({ key }) => {
      if (key === "ArrowRight") show(at + 1);
      if (key === "ArrowLeft") show(at - 1);
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      links[at].focus({ preventScroll: true });
    });
    image.addEventListener("click", () => dialog.close());
    document.body.append(dialog);
    show(first);
    dialog.showModal();
  };

  // What was put into the cart, with its picture and what the cart has come to.
  document.addEventListener("kiosk:added", (event) => {
    const { form, cart: { count: all, quote }, qty } = event.detail;
    if (!form.matches(".buy-form")) return;
    event.preventDefault();
    const choice = $("[name=sku]:checked", form)?.dataset.label;
    const picture = $("[data-gallery] .pic")?.closest("picture");
    const shown = $$("[data-gallery] .strip picture")[$(".dots [aria-current]")?.dataset.at ?? 0];
    $("#added-pic").replaceChildren(...[shown ?? picture].filter(Boolean).map((p) => p.cloneNode(true)));
    $("#added-line").textContent = `${qty} × ${$("h1").textContent}${choice ? `, ${choice}` : ""}`;
    $("#added-sum").textContent = fill(words.sum, { n: all, amount: money(quote?.goods_minor ?? 0) });
    const missing = quote?.delivery?.missing_for_free_minor;
    const free = quote?.delivery?.price_minor === 0 && quote.delivery.list_minor > 0;
    const gap = $("#added-gap");
    gap.hidden = !missing && !free;
    $("p", gap).textContent = missing ? fill(words.gap, { amount: money(missing) }) : words.free;
    $("progress", gap).value = missing ? quote.goods_minor / (quote.goods_minor + missing) : 1;
    $("#added").showModal();
  });

  document.addEventListener("change", ({ target }) => {
    if (target.closest("[data-axis]")) follow();
    else if (target.name === "sku" && target.form?.matches(".buy-form")) {
      choose(target);
      remember(target);
    } else return;
    // Who does not see the price change hears it.
    const heard = ["[data-price-box]", ".prior", "[data-chosen]"].map((part) => $(part)?.innerText);
    $("[data-told]")?.replaceChildren(sentences(heard));
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-zoom], .dots a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link.matches("[data-zoom]")) {
      const links = $$("[data-zoom]");
      zoom(links, links.indexOf(link));
    } else look($$(".dots a").indexOf(link));
  });

  // The small pictures follow a strip that is scrolled by hand.
  const strip = $(".strip");
  let still;
  strip?.addEventListener("scroll", () => {
    clearTimeout(still);
    still = setTimeout(() => mark(Math.round(strip.scrollLeft / strip.clientWidth)), 100);
  }, { passive: true });

  for (const axis of axes) axis.disabled = false;
  const wanted = new URLSearchParams(location.search).get("variant");
  const variant = variants.find((v) => v.value === wanted);
  if (variant) variant.checked = true;
  // A page that comes back may have another choice ticked than the one it was made with.
  const chosen = variants.find((v) => v.checked);
  if (chosen) choose(chosen, true); else look(0, true);
  if (axes.length) {
    tick(chosen);
    drawAxes();
  }
  restock();
  // Refused: it may say here that there are some where there are none any more.
  document.addEventListener("kiosk:refused", restock);
})();
