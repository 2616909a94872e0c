// The page of an order: waits for news of the payment, and counts down while things are kept.
//
// What it asks for: GET /api/checkout/<order token> → {payment_status, fulfilment_status}
(() => {
  "use strict";
  const { $, $$, call, fill, say } = window.kiosk;
  const order = $("#order");
  if (!order) return;

  const watch = () => {
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
      const sentence = minutes > 0 ? fill(order.dataset.hold, { n: minutes }) : order.dataset.over;
      $("[data-hold-left]", hold).textContent = sentence;
      if (minutes <= 2 && !warned) {
        warned = true;
        $("[data-hold-status]").textContent = sentence;
      }
      if (minutes > 0) setTimeout(tick, 5000);
    };
    tick();
  };

  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-print], [data-copy]");
    if (!button) return;
    if (button.matches("[data-print]")) return print();
    navigator.clipboard.writeText(button.dataset.copy).then(() => say(order.dataset.copied), () => {});
  });
  $$("[data-print], [data-copy]").forEach((button) => { button.hidden = false; });
  if (order.dataset.poll) watch();
  if ($("[data-hold-until]")) countdown($("[data-hold-until]"));
})();
