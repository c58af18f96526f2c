// The window's present: one clock for every relative time on the screen, moved once a minute, still while hidden.

const MINUTE = 60_000;
/** A snapshot is this old at most when it is taken; what differs by less is no difference. */
const FRESH = 2_000;

class Present {
  /** The present in milliseconds, at most a minute old. */
  at = $state(Date.now());
  #timer: ReturnType<typeof setTimeout> | undefined;
  #started = false;
  /** How far the core's clock is ahead of the page's. */
  #ahead = 0;

  /** The present to the millisecond, by the core's clock: every instant that is shown was measured by it. */
  now(): number {
    return Date.now() + this.#ahead;
  }

  /** Takes the core's clock, as a snapshot that was asked for this moment tells it. */
  agree(core: number): void {
    const ahead = core - Date.now();
    this.#ahead = Math.abs(ahead) < FRESH ? 0 : ahead;
    this.touch();
  }

  /** Starts the minute's beat; it stops by itself while the window is hidden. */
  start(): () => void {
    if (this.#started) return () => {};
    this.#started = true;
    const visible = () => {
      clearTimeout(this.#timer);
      if (document.hidden) return;
      this.touch();
      this.#timer = setTimeout(visible, MINUTE - (this.at % MINUTE));
    };
    document.addEventListener("visibilitychange", visible);
    visible();
    return () => {
      document.removeEventListener("visibilitychange", visible);
      clearTimeout(this.#timer);
      this.#started = false;
    };
  }

  /** Brings the present up to date now, for instance when something new has just arrived. */
  touch(): void {
    this.at = this.now();
  }
}

export const present = new Present();
