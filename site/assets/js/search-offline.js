// Search and filters on a static host: reads the index the page names, and draws what the address
// asks for, with the parameters the shop itself knows. The index is
//   {size, traits: ["tag=gift", …], shelves: {path: title}, items: [row, …]}, and a row
//   [title, url, price_minor, regular_minor, varies, [src, width, height]|null, published, words,
//    [places in traits], prior_minor]
(() => {
  "use strict";
  const here = document.querySelector("[data-search-index]");
  const card = document.getElementById("card-template");
  if (!here || !card) return;
  const $ = (selector, from = here) => from.querySelector(selector);
  const said = here.dataset;
  const form = document.getElementById("filter");
  let asked, q;

  const letters = { ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d" };
  const wordsOf = (text) => text.toLowerCase().normalize("NFD").replace(/[\p{M}'’]/gu, "")
    .replace(/[ßæœøłđ]/g, (c) => letters[c]).match(/[\p{L}\p{N}]+/gu) ?? [];
  // Singular and plural are one.
  const stem = (word) => word.replace(/(?<=[sxz]|sh|ch)es$|(?<=..[^s])s$/, "");

  // Whether two words differ by one letter too many, missing, wrong or swapped with the next.
  const close = (a, b) => {
    if (a.length > b.length) [a, b] = [b, a];
    if (b.length - a.length > 1) return false;
    let i = 0;
    while (i < a.length && a[i] === b[i]) i++;
    if (a.length < b.length) return a.slice(i) === b.slice(i + 1);
    return a.slice(i + 1) === b.slice(i + 1)
      || (a[i] === b[i + 1] && a[i + 1] === b[i] && a.slice(i + 2) === b.slice(i + 2));
  };

  const worth = (known, word, last) => Math.max(0, ...known.map((k) =>
    k === word ? 4 : stem(k) === stem(word) ? 3 : last && k.startsWith(word) ? 2 : 0));
  // Every word must be found; those of the title count three times.
  const score = (item, words) => words.reduce((sum, word, at) => {
    const last = at === words.length - 1;
    const own = Math.max(3 * worth(item.title, word, last), worth(item.words, word, last));
    return sum && own ? sum + own : 0;
  }, 1);
  const find = (items, words) => items.map((item) => ({ item, score: score(item, words) }))
    .filter((found) => found.score);

  const repair = (items, words) => {
    const counts = new Map();
    for (const { title, words: more } of items) {
      for (const word of [...title, ...more]) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    const all = [...counts.keys()];
    return words.map((word, at) => {
      const last = at === words.length - 1;
      if (word.length < 3 || /\d/.test(word) || worth(all, word, last)) return word;
      const near = all.filter((known) => known.length > 2 && !/\d/.test(known) && close(known, word));
      return near.sort((a, b) => counts.get(b) - counts.get(a))[0] ?? word;
    });
  };

  const { locale, currency, decimals } = document.documentElement.dataset;
  const format = new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol",
    minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  const point = new Intl.NumberFormat(locale).formatToParts(1.1).find((part) => part.type === "decimal")?.value ?? ".";
  const money = (minor) => format.format(minor / 10 ** decimals);

  const draw = ({ row: [title, url, price, regular, varies, picture, , , , prior], traits }) => {
    const drawn = card.content.cloneNode(true);
    Object.assign($("a", drawn), { href: url, textContent: title });
    const [src, width, height] = picture ?? [];
    if (src) Object.assign($("img", drawn), { src, width, height });
    else $("img", drawn).remove();
    if (regular > price) {
      $("ins", drawn).textContent = money(price);
      $("del", drawn).textContent = money(regular);
      if (prior) $(".card-notes", drawn).textContent = said.prior.replace("{price}", money(prior));
    } else {
      $(".price", drawn).textContent = varies ? said.from.replace("{price}", money(price)) : money(price);
    }
    if (!traits.has("in_stock=1")) {
      const gone = Object.assign(document.createElement("span"), { className: "stock stock-sold_out", textContent: said.soldOut });
      $(".card-notes", drawn).prepend(gone, " ");
    }
    return drawn;
  };

  // The shop settles ties by name.
  const byName = ({ row: [a] }, { row: [b] }) => (a < b ? -1 : a > b ? 1 : 0);
  const orders = {
    newest: (a, b) => (a.row[6] < b.row[6] ? 1 : a.row[6] > b.row[6] ? -1 : 0),
    price_asc: (a, b) => a.row[2] - b.row[2],
    price_desc: (a, b) => b.row[2] - a.row[2],
    name: (a, b) => a.row[0].localeCompare(b.row[0], locale),
  };

  // What is chosen of each facet. Whoever comes from a shelf stays on it, whatever is chosen.
  const isFacet = (name) => /^(shelf|category|tier|tag|in_stock|featured|option\..+)$/.test(name);
  const chosen = () => {
    const facets = new Map();
    for (const [name, value] of asked) {
      if (value && isFacet(name)) facets.set(name, [...(facets.get(name) ?? []), value]);
    }
    return facets;
  };
  const traitOf = (name, value) => `${name === "shelf" ? "category" : name}=${value}`;
  const limit = (name, none) => {
    // The last sign is the decimal one, unless three digits follow and it is not this language's.
    const bare = (asked.get(name) ?? "").replace(/[\s'’]/g, "").replace(/^(?:\D*\p{L}\.?|[^\d.,]+)|[^\d.,]+\.?$/gu, "");
    const [, whole, sign, rest = ""] = /^([\d.,]*?)(?:([.,])(\d*))?$/.exec(bare) ?? [];
    const isThousands = rest.length === 3 && sign !== point;
    const typed = parseFloat(`${(whole ?? "").replace(/[.,]/g, "")}${isThousands ? "" : "."}${rest}`);
    return typed >= 0 ? Math.round(typed * 10 ** decimals) : none;
  };
  // Whether a thing has one of the chosen values of every facet, but for the one named.
  const fits = ({ row: [, , price], traits }, facets, but) =>
    price >= limit("price_min", 0) && price <= limit("price_max", Infinity) &&
    [...facets].every(([name, values]) => name === but || values.some((value) => traits.has(traitOf(name, value))));

  // The form as the address says it, each value with how many there would be.
  const fields = [...form.querySelectorAll("[type=checkbox]")];
  const labelOf = (name, value, index) => {
    const field = fields.find((f) => f.name === name && f.value === value);
    return field?.labels[0].children[1].textContent ?? index.shelves[value] ?? value;
  };
  const fillForm = (found, facets) => {
    for (const field of fields) {
      field.checked = facets.get(field.name)?.includes(field.value) ?? false;
      const trait = `${field.name}=${field.value}`;
      const count = found.filter((item) => item.traits.has(trait) && fits(item, facets, field.name)).length;
      $(".num", field.labels[0]).textContent = count;
      field.labels[0].classList.toggle("check-none", !count && !field.checked);
    }
    for (const name of ["price_min", "price_max"]) {
      if (form.elements[name]) form.elements[name].value = asked.get(name) ?? "";
    }
  };
  const chip = (label, name, value) => {
    const rest = new URLSearchParams([...asked].filter(([n, v]) => n !== "page" && (n !== name || (value && v !== value))));
    const link = Object.assign(document.createElement("a"), { className: "chip chip-on", href: `/search?${rest}`, textContent: `${label} ×` });
    link.setAttribute("aria-label", said.remove.replace("{name}", label));
    const one = document.createElement("li");
    one.append(link);
    return one;
  };
  const drawChips = (facets, index) => {
    const chips = [...facets].flatMap(([name, values]) =>
      values.map((value) => chip(labelOf(name, value, index), name, value)));
    for (const [name, words] of [["price_min", said.low], ["price_max", said.high]]) {
      const amount = limit(name, null);
      if (amount !== null) chips.push(chip(words.replace("{amount}", money(amount)), name));
    }
    $("[data-chips]").replaceChildren(...chips);
    $("[data-chips]").hidden = !chips.length;
  };

  const show = (index) => {
    const { size, items } = index;
    asked = new URLSearchParams(location.search);
    q = (asked.get("q") ?? "").trim().slice(0, 200);
    $("[data-head]").textContent = q ? said.title.replace("{q}", () => q) : said.everything;
    for (const field of document.querySelectorAll("[name=q]")) field.value = q;
    let words = wordsOf(q).slice(0, 16);
    let found = find(items, words);
    $("[data-repair]").hidden = true;
    if (!found.length) {
      const meant = repair(items, words);
      found = find(items, meant);
      if (found.length) {
        $("[data-repair]").textContent = said.repaired.replace("{to}", () => meant.join(" "));
        $("[data-repair]").hidden = false;
        words = meant;
      }
    }
    if (q && !words.length) found = [];
    const select = $("[name=sort]");
    $("[value=relevance]", select).hidden = !q;
    const sort = asked.get("sort") || (q ? "relevance" : said.sort);
    select.value = sort;
    if (q) found.sort((a, b) => b.score - a.score);
    found = found.map(({ item }) => item);
    const facets = chosen();
    fillForm(found, facets);
    drawChips(facets, index);
    found = found.filter((item) => fits(item, facets));
    if (orders[sort]) found.sort((a, b) => orders[sort](a, b) || byName(a, b));
    const pages = Math.max(1, Math.ceil(found.length / size));
    const page = Math.min(pages, Math.max(1, parseInt(asked.get("page"), 10) || 1));
    const cards = found.slice((page - 1) * size, page * size).map(draw);
    $("[data-cards]").replaceChildren(...cards);
    $("[data-empty]").hidden = found.length > 0;
    $("[data-count]").textContent = found.length === 1 ? said.one : said.many.replace("{n}", found.length);
    $("[data-pages]").hidden = pages === 1;
    for (const [rel, to] of [["prev", page - 1], ["next", page + 1]]) {
      const link = $(`[rel=${rel}]`);
      const there = new URLSearchParams(asked);
      there.set("page", to);
      link.href = `?${there}`;
      link.hidden = to < 1 || to > pages;
    }
  };

  const start = (index) => {
    index.items = index.items.map((row) => ({ row, title: wordsOf(row[0]), words: row[7].split(" "),
      traits: new Set(row[8].map((at) => index.traits[at])) }));
    // What the form has no field for stays as it was asked.
    const go = () => {
      const next = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
      const fixed = [...asked].filter(([name, value]) => name === "q" || (isFacet(name)
        && !fields.some((field) => field.name === name && field.value === value)));
      for (const [name, value] of fixed) next.append(name, value);
      history.pushState(null, "", `?${next}`);
      show(index);
    };
    document.addEventListener("change", ({ target }) => { if (target.form === form) go(); });
    form.addEventListener("submit", (event) => { event.preventDefault(); go(); });
    addEventListener("popstate", () => show(index));
    show(index);
  };

  const wide = matchMedia("(min-width: 1080px)");
  const unfold = () => { if (wide.matches) $("[data-filters]").open = true; };
  wide.addEventListener("change", unfold);
  unfold();
  fetch(said.searchIndex).then((answer) => answer.json()).then(start)
    .catch(() => { $("[data-count]").textContent = said.problem; });
})();
