// Search on a static host: reads the index the page names, and draws what ?q=, ?sort= and ?page=
// ask for. A row of the index is
//   [title, url, price_minor, regular_minor, varies, [src, width, height]|null, published, words]
(() => {
  "use strict";
  const here = document.querySelector("[data-search-index]");
  const card = document.getElementById("card-template");
  if (!here || !card) return;
  const $ = (selector, from = here) => from.querySelector(selector);
  const said = here.dataset;
  const asked = new URLSearchParams(location.search);
  const q = (asked.get("q") ?? "").trim().slice(0, 200);

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

  const { locale, currency } = document.documentElement.dataset;
  const format = new Intl.NumberFormat(locale, { style: "currency", currency });
  const money = (minor) => format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);

  const draw = ({ row: [title, url, price, regular, varies, picture] }) => {
    const drawn = card.content.cloneNode(true);
    Object.assign($("a", drawn), { href: url, textContent: title });
    const [src, width, height] = picture ?? [];
    if (src) Object.assign($("img", drawn), { src, width, height });
    else $("img", drawn).remove();
    if (regular > price) {
      $("ins", drawn).textContent = money(price);
      $("del", drawn).textContent = money(regular);
    } else {
      $(".price", drawn).textContent = varies ? said.from.replace("{price}", money(price)) : money(price);
    }
    return drawn;
  };

  const orders = {
    newest: (a, b) => (a.row[6] < b.row[6] ? 1 : a.row[6] > b.row[6] ? -1 : 0),
    price_asc: (a, b) => a.row[2] - b.row[2],
    price_desc: (a, b) => b.row[2] - a.row[2],
    name: (a, b) => a.row[0].localeCompare(b.row[0], locale),
  };

  const show = ({ size, items: rows }) => {
    const items = rows.map((row) => ({ row, title: wordsOf(row[0]), words: row[7].split(" ") }));
    let words = wordsOf(q).slice(0, 16);
    let found = find(items, words);
    if (!found.length) {
      const meant = repair(items, words);
      found = find(items, meant);
      if (found.length) {
        $("[data-repair]").textContent = said.repaired.replace("{to}", meant.join(" "));
        $("[data-repair]").hidden = false;
        words = meant;
      }
    }
    if (q && !words.length) found = [];
    const sort = asked.get("sort") ?? "";
    if (q) found.sort((a, b) => b.score - a.score);
    found = found.map(({ item }) => item);
    if (orders[sort]) found.sort(orders[sort]);
    const pages = Math.max(1, Math.ceil(found.length / size));
    const page = Math.min(pages, Math.max(1, parseInt(asked.get("page"), 10) || 1));
    const cards = found.slice((page - 1) * size, page * size).map(draw);
    $("[data-cards]").replaceChildren(...cards);
    $("[data-empty]").hidden = found.length > 0;
    $("[data-count]").textContent = found.length === 1 ? said.one : said.many.replace("{n}", found.length);
    $("[data-pages]").hidden = pages === 1;
    for (const [rel, to] of [["prev", page - 1], ["next", page + 1]]) {
      const link = $(`[rel=${rel}]`);
      asked.set("page", to);
      link.href = `?${asked}`;
      link.hidden = to < 1 || to > pages;
    }
  };

  $("[data-head]").textContent = q ? said.title.replace("{q}", q) : said.everything;
  for (const field of document.querySelectorAll("[name=q]")) field.value = q;
  const select = $("[name=sort]");
  if (!q) $("[value=relevance]", select)?.remove();
  select.value = asked.get("sort") || select.options[0].value;
  fetch(said.searchIndex).then((answer) => answer.json()).then(show)
    .catch(() => { $("[data-count]").textContent = said.problem; });
})();
