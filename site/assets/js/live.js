// Live editing, in development only: an open page follows the shop's files. New styles are put in
// place, anything else new is loaded again where the reader was; mistakes are shown over the page
// until they are mended.
(() => {
  "use strict";
  const looks = `
    dialog { max-width: min(64rem, calc(100vw - 2rem)); max-height: 85vh; overflow: auto; padding: 1.5rem;
      border: 0; border-top: .4rem solid light-dark(#b3261e, #ff8a80); border-radius: .5rem;
      background: light-dark(#fff, #1d1b18); color: light-dark(#1c1a17, #f3efe8);
      font: 1rem/1.5 system-ui, sans-serif; box-shadow: 0 1rem 4rem #0006; }
    dialog::backdrop { background: #0007; }
    dialog.note { position: fixed; inset: auto 1rem 1rem auto; margin: 0; max-width: min(40rem, calc(100vw - 2rem));
      border-color: light-dark(#8a5a00, #f0b95a); }
    h2 { margin: 0 0 1rem; font-size: 1.25rem; }
    pre { margin: 0 0 1rem; padding: 1rem; overflow-x: auto; border-radius: .25rem; tab-size: 4;
      background: light-dark(#f5f1ea, #2a2723); font: .875rem/1.5 ui-monospace, monospace; }
    p { margin: 0 0 1rem; }
    button { min-height: 2.75rem; padding: 0 1.25rem; border: 1px solid; border-radius: .25rem;
      background: none; color: inherit; font: inherit; cursor: pointer; }`;
  const make = (name, text = "", parts = []) => {
    const element = document.createElement(name);
    element.append(text, ...parts);
    return element;
  };

  // Mistakes, as the terminal shows them, and what is only worth a look, in a corner of the page.
  // What was closed by hand comes back when it has changed.
  let shown = "null";
  const tell = (mistakes, isNote) => {
    const told = JSON.stringify(mistakes);
    if (told === shown) return;
    shown = told;
    document.querySelector("kiosk-mistakes")?.remove();
    if (!mistakes) return;
    const host = make("kiosk-mistakes");
    const shadow = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(looks);
    shadow.adoptedStyleSheets = [sheet];
    const close = make("button", "Close");
    const dialog = make("dialog", "", [
      make("h2", mistakes.title),
      ...mistakes.excerpts.map(({ text }) => Object.assign(make("pre", text), { tabIndex: 0 })),
      make("p", isNote ? "The pages are up to date; only these words are not used as they stand."
        : "The page below is the last one without mistakes. It follows when the file is saved mended."),
      close,
    ]);
    dialog.setAttribute("aria-label", mistakes.title);
    close.autofocus = true;
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => host.remove());
    shadow.append(dialog);
    document.body.append(host);
    dialog.classList.toggle("note", isNote);
    isNote ? dialog.show() : dialog.showModal();
  };

  // The page as it is now. The first time, as this browser got it: it may have changed since.
  const page = async (cache) => (await fetch(location.href, { cache, headers: { accept: "text/html" } })).text();
  const STYLE = /\/assets\/css\/[^"]+/g;
  let seen = page("force-cache").catch(() => "");
  const follow = async () => {
    const [before, now] = await Promise.all([seen, page("no-cache")]);
    if (before === now) return;
    if (before.replace(STYLE, "") !== now.replace(STYLE, "")) return location.reload();
    seen = Promise.resolve(now);
    const old = [...document.querySelectorAll("link[rel=stylesheet]")];
    now.match(STYLE).forEach((href, i) => {
      if (!old[i] || old[i].getAttribute("href") === href) return;
      const link = Object.assign(old[i].cloneNode(), { href });
      link.addEventListener("load", () => old[i].remove());
      old[i].after(link);
    });
  };

  // A browser opens six connections to one host: a page nobody looks at gives its own back.
  let events, edition;
  const listen = () => {
    events?.close();
    if (document.hidden) return;
    events = new EventSource("/dev/events");
    events.addEventListener("message", ({ data }) => {
      const news = JSON.parse(data);
      tell(news.mistakes ?? news.notes, !news.mistakes);
      if (news.edition === edition) return;
      edition = news.edition;
      follow().catch(() => { edition = null; });
    });
    // The browser tries again by itself unless it was told no, as by a proxy during a restart.
    events.addEventListener("error", ({ target }) => {
      if (target.readyState === EventSource.CLOSED) setTimeout(listen, 1000);
    });
  };
  document.addEventListener("visibilitychange", listen);
  listen();
})();
