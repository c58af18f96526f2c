// Where the focus is among the fields of a conflict, and where a key takes it.

/** The rows of fields, in their order. */
function rows(table: HTMLElement | undefined): HTMLElement[] {
  return [...(table?.querySelectorAll<HTMLElement>("[data-path]") ?? [])];
}

/** The row that holds the focus. */
function current(): HTMLElement | null {
  return document.activeElement?.closest<HTMLElement>("[data-path]") ?? null;
}

/** The path of the field that holds the focus. */
export function focusedPath(): string | undefined {
  return current()?.dataset.path;
}

/** Moves the focus to the next or previous field, around the ends; `only` passes over the others. */
export function step(
  table: HTMLElement | undefined,
  by: 1 | -1,
  only: (path: string) => boolean = () => true,
): void {
  const order = rows(table);
  const candidates = order.filter((row) => only(row.dataset.path ?? ""));
  const here = current();
  const at = here ? order.indexOf(here) : -1;
  const next =
    by > 0
      ? (candidates.find((row) => order.indexOf(row) > at) ?? candidates[0])
      : (candidates.findLast((row) => order.indexOf(row) < at) ?? candidates.at(-1));
  const radio =
    next?.querySelector<HTMLElement>("input:checked") ?? next?.querySelector<HTMLElement>("input");
  radio?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

/** Moves the focus to a side of the field that holds it, so that ring and choice are never on two sides. */
export function focusSide(side: string): void {
  current()?.querySelector<HTMLElement>(`[data-side="${side}"] input`)?.focus();
}
