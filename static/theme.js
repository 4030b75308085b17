// Before the first paint: the theme and the size of type that were chosen here before. Afterwards: the buttons that change them.
(() => {
  const root = document.documentElement;
  /** What was chosen, or a choice to be remembered. @param {string} name @param {string} [choice] */
  const kept = (name, choice) => {
    try {
      if (choice === undefined) return localStorage.getItem(name);
      localStorage.setItem(name, choice);
    } catch {
      // Storage may be forbidden: the choice then lasts as long as the page, and the system's preference stays.
    }
    return null;
  };
  const opening = document.querySelector("link[data-opening]"); // fetched early, unless a link brings another experiment
  if (opening instanceof HTMLLinkElement && location.hash.length < 2 && !/[?&]room=/.test(location.search)) opening.rel = "preload";
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const theme = kept("theme");
  if (theme) root.dataset.theme = theme;
  if (kept("type") === "large") root.dataset.type = "large"; // for a projector

  document.addEventListener("click", ({ target }) => {
    const pressed = target instanceof Element ? target.closest("#theme, #large, a.language") : null;
    if (pressed?.id === "theme") kept("theme", (root.dataset.theme = dark() ? "light" : "dark"));
    if (pressed?.id === "large") {
      kept("type", (root.dataset.type = root.dataset.type === "large" ? "usual" : "large"));
      dispatchEvent(new Event("resize"));
    }
    if (!(pressed instanceof HTMLAnchorElement)) return;
    const asked = new URLSearchParams(location.search); // the other language takes along whatever this link says
    asked.set("lang", pressed.hreflang);
    Object.assign(pressed, { search: String(asked), hash: location.hash });
  });

  let screen; // paper is white, whatever the screen is
  addEventListener("beforeprint", () => ([screen, root.dataset.theme] = [root.dataset.theme, "light"]));
  addEventListener("afterprint", () => (screen ? (root.dataset.theme = screen) : delete root.dataset.theme));
})();
