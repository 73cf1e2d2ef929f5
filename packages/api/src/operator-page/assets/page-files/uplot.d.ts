import type UPlot from 'uplot';

declare global {
  /** The library, which `uplot.js` puts here. */
  var uPlot: typeof UPlot;
}
