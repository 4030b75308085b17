// The flaws of a page as lists [kind, where, words]; run in the page by test_layout.py.
() => {
  const flaws = [];
  const name = (e) => e.tagName.toLowerCase() + (e.id ? `#${e.id}` : [...e.classList].map((c) => `.${c}`).join(""));
  const where = (e) => [e.parentElement, e].filter(Boolean).map(name).join(" > ");
  const short = (text) => text.trim().slice(0, 40);
  const UNSEEN = ".unseen, .skip, script, style, noscript, template, option, .figure-words";
  const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.closest(UNSEEN);
  const says = (e) => [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
  /** Whether it stands in a place that scrolls sideways by itself. */
  const scrolls = (e) => {
    for (let x = e; x && x !== document.body; x = x.parentElement) if (["auto", "scroll"].includes(getComputedStyle(x).overflowX)) return true;
    return false;
  };

  for (const e of document.querySelectorAll("body *")) {
    if (e.closest("svg") || !seen(e)) continue;
    const style = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    if (says(e) && ["hidden", "clip"].includes(style.overflowX) && e.scrollWidth > e.clientWidth + 1) flaws.push(["cut", where(e), short(e.textContent)]);
    if (e.matches("select")) {
      const pen = document.createElement("canvas").getContext("2d");
      pen.font = style.font;
      const text = (e.selectedOptions[0]?.textContent ?? "").trim();
      const room = e.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 18; // its arrow
      if (pen.measureText(text).width > room + 1) flaws.push(["cut", where(e), text]);
    }
    if ((says(e) || e.matches("button, input, select")) && box.width && !scrolls(e) && (box.right > innerWidth + 1 || box.left < -1)) {
      flaws.push(["off the screen", where(e), short(e.textContent)]);
    }
    const words = e.matches("a") && style.display === "inline"; // a link in a sentence is as high as its line
    if (e.matches("button, a, select, summary, input:not([type=range], [type=checkbox], [type=radio])") && !words && (box.height < 23.9 || box.width < 23.9)) {
      flaws.push(["small", where(e), `${Math.round(box.width)} x ${Math.round(box.height)}`]);
    }
  }

  // Words on words. What floats over the page (a drawer, a dialog, the transport) covers on purpose.
  const floor = (e) => {
    for (let x = e; x; x = x.parentElement) if (["fixed", "sticky"].includes(getComputedStyle(x).position) || x.matches("dialog, .menu-list")) return x;
    return document.body;
  };
  const lines = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const e = node.parentElement;
    if (!node.data.trim() || !seen(e)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.width > 2 && box.height > 2) lines.push({ e, box, on: floor(e), text: short(node.data) });
  }
  lines.forEach((a, i) => {
    for (const b of lines.slice(i + 1)) {
      if (a.on !== b.on || a.e.contains(b.e) || b.e.contains(a.e) || (a.e.closest("math") && b.e.closest("math"))) continue;
      const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (across > 2 && down > 0.4 * Math.min(a.box.height, b.box.height)) flaws.push(["overlap", where(a.e), `${a.text} | ${b.text}`]);
    }
  });
  return flaws.slice(0, 20);
}
