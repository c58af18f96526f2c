// The keys that tick rows while one of them has the focus.

import type { TickRange } from "../../state/tick-range";

interface Grid {
  focusRow(index: number): void;
}

/** Space and X tick the row; with Shift, Space reaches back to the last one and the arrows go on. Answers whether it was one of these. */
export function tickKeys(
  event: KeyboardEvent,
  range: TickRange,
  index: number,
  total: number,
  grid: Grid,
): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const to = event.key === "ArrowDown" ? index + 1 : event.key === "ArrowUp" ? index - 1 : undefined;
  if (to !== undefined) {
    if (!event.shiftKey) return false;
    if (to >= 0 && to < total) {
      range.sweep(index, to);
      grid.focusRow(to);
    }
  } else if (event.key === " " && event.shiftKey) range.reach(index);
  else if (event.key === " " || event.key === "x" || event.key === "X") range.toggle(index);
  else return false;
  return true;
}
