// Before the first paint: the theme that was chosen here before. Afterwards: the button that changes it.
(() => {
  const root = document.documentElement;
  const stored = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage may be forbidden; the system's preference then stays
    }
  };
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const chosen = stored();
  if (chosen) root.dataset.theme = chosen;

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("#theme")) return;
    root.dataset.theme = dark() ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // As above: the choice then lasts as long as the page.
    }
  });
})();

// Paper is white, whatever the screen is.
(() => {
  const root = document.documentElement;
  let kept;
  addEventListener("beforeprint", () => ([kept, root.dataset.theme] = [root.dataset.theme, "light"]));
  addEventListener("afterprint", () => (kept ? (root.dataset.theme = kept) : delete root.dataset.theme));
})();

// The link to the other language takes the experiment along, and whatever else this link says.
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a.language") : null;
  if (!(link instanceof HTMLAnchorElement)) return;
  const asked = new URLSearchParams(location.search);
  asked.set("lang", link.hreflang);
  link.search = String(asked);
  link.hash = location.hash;
});

// Large type for a projector, kept like the theme.
(() => {
  const root = document.documentElement;
  const keep = (size) => {
    try {
      if (size === undefined) return localStorage.getItem("type");
      localStorage.setItem("type", size);
    } catch {
      // Storage may be forbidden: the choice then lasts as long as the page.
    }
    return null;
  };
  if (keep() === "large") root.dataset.type = "large";
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("#large")) return;
    root.dataset.type = root.dataset.type === "large" ? "usual" : "large";
    keep(root.dataset.type);
    dispatchEvent(new Event("resize"));
  });
})();
