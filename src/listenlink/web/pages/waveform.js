// Draws a waveform with the part that was heard, sharp on any screen and in the page's colours.

const BAR = 3;
const GAP = 1;

export function decodePeaks(text) {
  return text ? Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)) : null;
}

export class Waveform {
  constructor(canvas) {
    this.canvas = canvas;
    this.peaks = null;
    this.share = 0;
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  show(peaks) {
    this.peaks = peaks;
    this.draw();
  }

  // `share` of the whole, from 0 to 1.
  move(share) {
    if (Math.abs(share - this.share) * this.canvas.width < 0.5 && share !== 0) return;
    this.share = share;
    this.draw();
  }

  draw() {
    const { canvas, peaks } = this;
    const scale = devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * scale);
    const height = Math.round(canvas.clientHeight * scale);
    if (!width || !height) return;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const style = getComputedStyle(canvas);
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, width, height);
    const step = (BAR + GAP) * scale;
    const bars = Math.floor(width / step);
    const isMirrored = style.direction === "rtl";
    for (let bar = 0; bar < bars; bar++) {
      const level = peaks ? loudest(peaks, bar / bars, (bar + 1) / bars) / 255 : 0.04;
      const tall = Math.max(2 * scale, level * height);
      pen.fillStyle = (bar + 0.5) / bars < this.share ? style.accentColor : style.color;
      const x = isMirrored ? width - (bar + 1) * step : bar * step;
      pen.fillRect(x, (height - tall) / 2, BAR * scale, tall);
    }
  }
}

function loudest(peaks, from, to) {
  const first = Math.floor(from * peaks.length);
  const last = Math.max(first + 1, Math.floor(to * peaks.length));
  let most = 0;
  for (let place = first; place < last; place++) most = Math.max(most, peaks[place]);
  return most;
}
