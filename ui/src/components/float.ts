/** Which corner of the anchor a floating layer hangs from. */
export type Side = "start" | "end";

const GAP = 4;
const EDGE = 8;

/** Where a floating layer of a size goes so that it stays inside the window: below its anchor, or above when there is no room. */
export function place(
  anchor: { left: number; right: number; top: number; bottom: number },
  layer: { width: number; height: number },
  view: { width: number; height: number },
  side: Side,
): { left: number; top: number } {
  const wanted = side === "start" ? anchor.left : anchor.right - layer.width;
  const left = Math.max(EDGE, Math.min(wanted, view.width - layer.width - EDGE));
  const below = anchor.bottom + GAP;
  const above = anchor.top - GAP - layer.height;
  const top = below + layer.height + EDGE <= view.height || above < EDGE ? below : above;
  return { left, top };
}

/** Puts `layer` beside `anchor`, through style setters that the policy allows. */
export function hang(layer: HTMLElement, anchor: Element, side: Side): void {
  const box = layer.getBoundingClientRect();
  const at = place(anchor.getBoundingClientRect(), box, { width: innerWidth, height: innerHeight }, side);
  layer.style.left = `${at.left}px`;
  layer.style.top = `${at.top}px`;
  // What is too long for the window is scrolled.
  layer.style.maxHeight = `${innerHeight - at.top - EDGE}px`;
}
