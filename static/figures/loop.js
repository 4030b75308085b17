// The drawing loop of one figure: a frame is painted at once; the still picture is drawn exactly once nothing new comes.

const FREEZE_MS = 160;

export class Loop {
  /** Plotly's element `plot` lies above the canvases `under`; `exact()` lets it draw what was fed last, which `covers` lines. */
  constructor(drawing, plot, under, exact, covers) {
    this.drawing = drawing;
    this.plot = plot;
    this.under = under;
    this.exact = exact;
    this.covers = covers;
    this.frozen = 0; // number of the freeze, while it is still
    this.freezes = 0;
    this.freezing = 0;
    this.onScreen = true;
    this.seeing = new IntersectionObserver((entries) => this.seen(entries[entries.length - 1].isIntersecting), { rootMargin: "100px" });
    this.seeing.observe(plot);
  }

  seen(onScreen) {
    const before = this.onScreen;
    this.onScreen = onScreen;
    if (onScreen && !before) this.paint();
  }

  paint() {
    if (this.onScreen && this.plot.clientWidth) this.drawing.paint();
  }

  /** Something new has come: the canvas shows it. */
  thaw() {
    clearTimeout(this.freezing);
    if (!this.frozen) return;
    this.frozen = 0;
    this.plot.classList.add("live");
    this.under.style.visibility = "visible";
  }

  /** Plotly's own drawing of the last frame instead of the canvas, once nothing new has come for a moment. @param {() => void} still */
  freeze(still) {
    clearTimeout(this.freezing);
    return new Promise((resolve, reject) => {
      this.freezing = window.setTimeout(() => {
        this.frozen = ++this.freezes;
        still();
        this.exact().then(resolve, reject);
      }, FREEZE_MS);
    });
  }

  /** Plotly has drawn what was frozen at `of`; fed meanwhile, the canvas stays. */
  settle(of) {
    if (of !== this.frozen) return;
    this.plot.classList.remove("live");
    if (this.covers) this.under.style.visibility = "hidden";
  }

  stop() {
    clearTimeout(this.freezing);
    this.seeing.disconnect();
  }
}
