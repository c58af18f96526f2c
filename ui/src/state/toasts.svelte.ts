// Results of the person's own actions. Ten seconds at least, longer while somebody reads or the window is not in front.

export interface Told {
  id: number;
  text: string;
  action?: { label: string; run: () => void } | undefined;
}

const LEAST = 10_000;
const MOST = 3;

class Toasts {
  list = $state<Told[]>([]);
  #next = 1;
  #held = false;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  tell(text: string, action?: Told["action"]): number {
    const id = this.#next++;
    this.list.push({ id, text, action });
    while (this.list.length > MOST) this.close(this.list[0]?.id ?? 0);
    this.#arm(id);
    return id;
  }

  close(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.list = this.list.filter((told) => told.id !== id);
  }

  /** Stops and starts the clocks. */
  hold(held: boolean): void {
    this.#held = held;
    for (const told of this.list) this.#arm(told.id);
  }

  #arm(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    if (this.#held) return;
    this.#timers.set(
      id,
      setTimeout(() => {
        if (typeof document !== "undefined" && !document.hasFocus()) this.#arm(id);
        else this.close(id);
      }, LEAST),
    );
  }
}

export const toasts = new Toasts();
