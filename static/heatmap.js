// Live heatmap: a canvas under plotly's axes paints one pixel per cell and the browser stretches it. Plotly owns axes,
// ticks, colour bar and zoom; a frame costs microseconds here and milliseconds there.
import { lattice, toPixel } from "./geometry.js";

export class CellPainter {
  /** @param {{transpose: boolean, flip: boolean, x0: number}} options flip: small rows at the bottom */
  constructor(options) {
    this.options = options;
    this.element = document.createElement("div");
    this.element.className = "cells";
    Object.assign(this.element.style, { position: "absolute", overflow: "hidden" });
    this.canvas = document.createElement("canvas");
    Object.assign(this.canvas.style, { position: "absolute", imageRendering: "pixelated" });
    this.element.append(this.canvas);
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    /** @type {ImageData | null} */
    this.image = null;
    this.pixels = new Uint32Array(0);
    this.across = lattice(1, null);
    this.down = lattice(1, null);
  }

  /** Cells per row and rows, as seen. @returns {[number, number]} */
  size(values) {
    const [height, width] = values.shape;
    return this.options.transpose ? [height, width] : [width, height];
  }

  /** `xs` and `ys` are positions of columns and rows, or null. */
  paint(values, scale, xs, ys) {
    const [columns, rows] = this.size(values);
    this.across = lattice(columns, xs, this.options.x0);
    this.down = lattice(rows, ys);
    const image = this.fit(this.across.count, this.down.count);
    const [stepX, stepY] = this.options.transpose ? [values.shape[1], 1] : [1, values.shape[1]];
    const { data } = values;
    const [indexX, indexY] = [this.across.index, this.down.index];
    for (let i = 0, { width, height } = image; i < height; i++) {
      const row = (indexY ? indexY[i] : i) * stepY;
      let to = (this.options.flip ? height - 1 - i : i) * width;
      for (let j = 0; j < width; j++) this.pixels[to++] = scale.pixel(data[row + (indexX ? indexX[j] : j) * stepX]);
    }
    this.context.putImageData(image, 0, 0);
  }

  fit(width, height) {
    if (!this.image || this.image.width !== width || this.image.height !== height) {
      Object.assign(this.canvas, { width, height });
      this.image = this.context.createImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    return this.image;
  }

  /** Put the canvas where the axes are. @param {Box} box @param {Ranges} ranges */
  place(box, ranges) {
    const px = (value) => `${value}px`;
    const [left, right] = [this.across.start, this.across.end].map((v) => toPixel(v, ranges.x, box.width));
    const [low, high] = [this.down.start, this.down.end].map((v) => toPixel(v, ranges.y, box.height, true));
    const top = Math.min(low, high);
    Object.assign(this.element.style, { left: px(box.left), top: px(box.top), width: px(box.width), height: px(box.height) });
    const size = { width: px(right - left), height: px(Math.abs(high - low)) };
    Object.assign(this.canvas.style, { left: px(left), top: px(top), ...size });
  }
}
