// A picture that is drawn anew by itself: whenever its place has another width, and when the page's colours change.

/**
 * @param {HTMLElement} plot @param {() => void} paint
 * What was drawn while the place was hidden is drawn when it is seen again, for a hidden place has no width.
 */
export function follow(plot, paint) {
  const place = plot.parentElement ?? plot;
  let width = 0;
  new ResizeObserver(() => {
    if (place.clientWidth === width) return;
    width = place.clientWidth;
    if (width) paint();
  }).observe(place);
  new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
}
