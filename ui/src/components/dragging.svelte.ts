// A row of a long list carried to another place with the pointer. Whoever cannot drag has a button for the same.

/** Which rows can be carried, and where to. */
export interface Carrying<Row> {
  /** What the grip of a row says; undefined where the row stays where it is. */
  grip: (row: Row) => string | undefined;
  /** Whether a row may be put before the one that stands at a place. */
  may: (before: number) => boolean;
  /** What is said where it may be put, and where not. */
  says: (allowed: boolean) => string;
  drop: (row: Row) => void;
  /** It was let go where it may not be put. */
  refuse: () => void;
}

/** How near to an edge of the list it begins to move along, and how far with each frame, in px. */
const EDGE = 40;
const STEP = 12;

/** The list as far as a carried row needs it. */
export interface Ground {
  element: HTMLElement | undefined;
  /** The place before which a row would be put at a height of the window. */
  placeAt: (clientY: number) => number;
  /** Below the heads. */
  head: number;
}

export class Dragging<Row> {
  /** The place that the row would be put before, and whether it may be; undefined while nothing is carried. */
  over = $state.raw<{ row: Row; before: number; allowed: boolean } | undefined>();
  #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** From a press on a grip until the pointer is let go, or Esc. */
  begin(event: PointerEvent, row: Row, carrying: Carrying<Row>): void {
    if (event.button !== 0) return;
    event.preventDefault();
    const grip = event.currentTarget as HTMLElement;
    const ends = new AbortController();
    const from = event.clientY;
    let y = from;
    let frame = 0;

    const look = () => {
      // A press that does not move is none.
      if (this.over === undefined && Math.abs(y - from) < 4) return;
      const before = this.#ground.placeAt(y);
      this.over = { row, before, allowed: carrying.may(before) };
    };
    const along = () => {
      const box = this.#ground.element?.getBoundingClientRect();
      if (box && this.over) {
        const step = y < box.top + this.#ground.head + EDGE ? -STEP : y > box.bottom - EDGE ? STEP : 0;
        if (step !== 0) this.#ground.element?.scrollBy(0, step);
        look();
      }
      frame = requestAnimationFrame(along);
    };
    const end = () => {
      cancelAnimationFrame(frame);
      ends.abort();
      this.over = undefined;
    };

    grip.setPointerCapture(event.pointerId);
    const { signal } = ends;
    grip.addEventListener("pointermove", (moved) => ((y = moved.clientY), look()), { signal });
    grip.addEventListener(
      "pointerup",
      () => {
        const put = this.over;
        end();
        if (put?.allowed) carrying.drop(put.row);
        else if (put) carrying.refuse();
      },
      { signal },
    );
    grip.addEventListener("lostpointercapture", end, { signal });
    addEventListener(
      "keydown",
      (key) => {
        if (key.key !== "Escape") return;
        key.preventDefault();
        key.stopPropagation();
        end();
      },
      { signal, capture: true },
    );
    frame = requestAnimationFrame(along);
  }
}
