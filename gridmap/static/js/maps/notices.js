// What the page says about itself: work going on, something that failed, a sign-in that ended. One banner, one bar.
import { h, icon } from "../dom.js";

/** Take over the bar and the banner. Returns { fault(error, retry), say(text), clear(key) }. */
export function makeNotices(bar, banner) {
  let timer = 0;
  document.addEventListener("gridmap:busy", ({ detail }) => {
    clearTimeout(timer);
    timer = setTimeout(() => (bar.hidden = detail <= 0), detail > 0 ? 120 : 60);
  });

  function show(key, kind, text, ...actions) {
    banner.dataset.key = key;
    banner.className = `map-banner map-banner-${kind}`;
    banner.replaceChildren(icon("warning"), h("span", {}, text), ...actions);
    banner.hidden = false;
  }

  function clear(key) {
    if (!key || banner.dataset.key === key) banner.hidden = true;
  }

  function signIn() {
    const next = encodeURIComponent(location.pathname + location.search);
    show("session", "warn", "登录已失效，重新登录后会回到这张地图。", h("a", { class: "button button-small button-primary", href: `/login?next=${next}` }, "重新登录"));
  }

  document.addEventListener("gridmap:signed-out", (event) => {
    event.preventDefault();
    signIn();
  });

  return {
    clear,
    say: (key, text, ...actions) => show(key, "info", text, ...actions),
    fault(key, error, retry) {
      if (error.status === 401) return signIn();
      if (banner.dataset.key === "session" && !banner.hidden) return undefined;
      const again = h("button", { type: "button", class: "button button-small", onclick: () => { clear(key); retry(); } }, "重试");
      return show(key, "bad", error.message, again, closer(() => clear(key)));
    },
  };
}

/** Make the small × button that closes something. */
export function closer(close, label = "关闭") {
  return h("button", { type: "button", class: "icon-button icon-small", "aria-label": label, onclick: close }, icon("close"));
}
