// Filters of a category or a search: every change is a new address, fetched and put in place, so
// that the view stays where it is and the way back works. Without it the form has a button.
(() => {
  "use strict";
  const { $, $$, complain, page, swap } = window.kiosk;
  const filters = () => $("[data-filters]");
  if (!filters()) return;

  const wide = matchMedia("(min-width: 1080px)");
  const unfold = () => { if (wide.matches) filters().open = true; };

  let latest = 0;
  const show = async (url, remember) => {
    const turn = ++latest;
    const isHere = remember && new URL(url, location).href === location.href;
    $("#list").setAttribute("aria-busy", !isHere);
    if (isHere) return;
    try {
      const fresh = await page(url);
      if (turn !== latest) return;
      const open = filters().open;
      const said = $(".count", fresh)?.textContent;
      if (!swap(fresh, "#list")) return location.assign(url);
      // What could not be read is mended in the open form.
      filters().open = open || !!$(".list-problem");
      document.title = fresh.title;
      if (remember) history.pushState({ list: true }, "", url);
      // The new count is read aloud only when it changes inside the page.
      const count = $(".count");
      count.textContent = "";
      requestAnimationFrame(() => { count.textContent = said; });
    } catch (error) {
      if (turn !== latest) return;
      $("#list").removeAttribute("aria-busy");
      $("[data-list]")?.reset();
      complain(error);
    }
  };

  // The form's address, without what was left empty.
  const address = (form) => {
    const chosen = [...new FormData(form)].filter(([, value]) => value !== "");
    const query = new URLSearchParams(chosen);
    return `${form.getAttribute("action")}${query.size ? `?${query}` : ""}`;
  };

  document.addEventListener("change", ({ target }) => {
    if (target.form?.matches("[data-list]")) show(address(target.form), true);
  });
  document.addEventListener("submit", async (event) => {
    if (!event.target.matches("[data-list]")) return;
    event.preventDefault();
    // On a narrow page the form would stand over what it finds.
    if (!wide.matches) filters().open = false;
    await show(address(event.target), true);
    if (!wide.matches) $("summary", filters()).focus();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-list-link]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link.href, true);
  });
  addEventListener("popstate", ({ state }) => { if (state?.list) show(location.href, false); });
  wide.addEventListener("change", unfold);
  history.replaceState({ list: true }, "");
  unfold();
})();
