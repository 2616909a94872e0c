// Cart and checkout: a line's change is shown at once and taken back, with the reason, if the
// server refuses it; another country or way of delivery brings a new total before anybody pays.
//
// What it asks for:
//   PATCH {qty} and DELETE /api/cart/lines/<id>, POST /api/cart/lines; all answer the cart
//   /cart and /checkout as pages, whose parts are put in place
(() => {
  "use strict";
  const { $, $$, Refused, busy, call, complain, count, fill, make, mirror, money, page, say, sentences, swap,
    toHeading, words: shop } = window.kiosk;
  const said = () => $("#cart")?.dataset ?? {};

  // What a page that came back wants to tell: its notices, or what it is when it is another page.
  const told = (fresh) => sentences(
    $$($("#cart", fresh) ? "[data-notices] p" : "h1, [data-detail], [data-hint]", fresh)
      .map((e) => e.textContent));

  // A form of the whole cart: codes, destination, emptying, new prices.
  const send = async (form, submitter) => {
    const data = new FormData(form);
    if (submitter?.name) data.set(submitter.name, submitter.value);
    $("#cart").setAttribute("aria-busy", "true");
    try {
      const fresh = await page(form.action, data);
      const words = told(fresh);
      if (!swap(fresh, "#cart")) throw new Refused(words);
      if (words && form.matches(".code-form")) refuse(data.get("code"), words);
      else say(words || $(".totals .total")?.innerText.replace(/\s+/g, " "));
      mirror.write(await call("GET", "/api/cart"));
    } catch (error) {
      $("#cart").removeAttribute("aria-busy");
      restore(form);
      complain(error);
    }
  };

  // A code that was refused is still there, with the reason beside it.
  const refuse = (code, words) => {
    const field = $("#code");
    if (!field) return say(words);
    field.closest("details").open = true;
    field.value = code;
    field.form.after(make("p", { className: "wrong small", id: "code-wrong", textContent: words }));
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", "code-wrong");
    field.focus();
  };

  // What was chosen and could not be had is what it was when the server last agreed.
  const restore = (form) => {
    $$("[type=radio]", form).forEach((field) => { field.checked = field.defaultChecked; });
    $$("option", form).forEach((option) => { option.selected = option.defaultSelected; });
  };

  const settled = (form) => {
    $$("[type=radio]", form).forEach((field) => { field.defaultChecked = field.checked; });
    $$("option", form).forEach((option) => { option.defaultSelected = option.selected; });
  };

  const units = () => $$(".line:not([hidden]) [name=qty]").reduce((n, field) => n + Number(field.value), 0);

  // A line, as it will most likely be: the server's own sums follow.
  const foresee = (line, qty) => {
    line.setAttribute("aria-busy", "true");
    const sum = $(".line-sum ins, .line-sum .price", line);
    if (qty && sum && line.dataset.unit) sum.textContent = money(line.dataset.unit * qty);
    count(units());
  };
  const settle = async (cart) => {
    mirror.write(cart);
    // It is done; a page that cannot be put in place says for itself why.
    if (!swap(await page("/cart"), "#cart")) location.assign("/cart");
  };

  const change = async (form, removes) => {
    const path = `/api/cart/lines/${encodeURIComponent(form.dataset.cart)}`;
    const line = document.getElementById(`line-${form.dataset.cart}`);
    const { kind, ref, qty, title } = line.dataset;
    const field = $("[name=qty]", line);
    const sum = $(".line-sum", line);
    const before = sum.cloneNode(true);
    try {
      if (removes) {
        toHeading();
        line.hidden = true;
        foresee(line);
        await settle(await call("DELETE", path));
        const undo = async () => {
          try {
            await settle(await call("POST", "/api/cart/lines", { [kind]: ref, qty: Number(qty) }));
            toHeading();
            say(said().restored);
          } catch (error) { complain(error); }
        };
        say(fill(said().removed, { title }), { label: shop.undo, run: undo });
      } else {
        foresee(line, Number(field.value));
        await settle(await call("PATCH", path, { qty: Number(field.value) }));
        say(said().updated);
      }
    } catch (error) {
      line.hidden = false;
      line.removeAttribute("aria-busy");
      if (field) {
        field.value = field.defaultValue;
        field.dispatchEvent(new Event("input"));
      }
      sum.replaceWith(before);
      count(units());
      complain(error);
    }
  };

  let latest = 0;
  let isElsewhere = false;
  const requote = async (form, what) => {
    const turn = ++latest;
    // Another country has other ways of delivery, also when one is chosen before they have come.
    isElsewhere ||= what === "country";
    const data = new FormData(form);
    const done = busy($("[data-pay]"));
    try {
      const chosen = { country: data.get("country") };
      if (what === "rate") chosen.rate = data.get("rate");
      const body = new URLSearchParams(chosen);
      const { ok } = await fetch("/cart/destination", { method: "POST", body });
      if (!ok) throw new Refused(shop.problem);
      const fresh = await page("/checkout");
      if (turn !== latest) return;
      // Emptied elsewhere, say: the page that came instead says so.
      if (!$("[data-checkout]", fresh)) return location.assign("/checkout");
      for (const name of ["cart_version", "quote_total"]) {
        form.elements[name].value = $(`[name=${name}]`, fresh).value;
      }
      if (isElsewhere) swap(fresh, "#rates");
      isElsewhere = false;
      settled(form);
      swap(fresh, "#summary");
      say(`${$("#summary .total").innerText.replace(/\s+/g, " ")}`);
    } catch (error) {
      if (turn !== latest) return;
      done();
      restore(form);
      complain(error);
    }
  };

  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (!form.matches("[data-cart]")) return;
    event.preventDefault();
    if (form.dataset.cart) change(form, submitter?.name === "remove"); else send(form, submitter);
  });
  document.addEventListener("change", ({ target }) => {
    const form = target.form;
    if (!form) return;
    if (form.matches("[data-auto]") || (target.name === "qty" && form.matches("[data-cart]"))) {
      if (form.reportValidity()) form.requestSubmit();
    } else if (form.matches("[data-checkout]") && ["country", "rate"].includes(target.name)) {
      requote(form, target.name);
    }
  });
})();
