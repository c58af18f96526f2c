// The window's present: one clock for every relative time on the screen, moved once a minute, still while hidden.

const MINUTE = 60_000;

class Present {
  /** The present in milliseconds, at most a minute old. */
  at = $state(Date.now());
  #timer: ReturnType<typeof setTimeout> | undefined;
  #started = false;

  /** Starts the minute's beat; it stops by itself while the window is hidden. */
  start(): () => void {
    if (this.#started) return () => {};
    this.#started = true;
    const visible = () => {
      clearTimeout(this.#timer);
      if (document.hidden) return;
      this.at = Date.now();
      this.#timer = setTimeout(visible, MINUTE - (Date.now() % MINUTE));
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
    this.at = Date.now();
  }
}

export const present = new Present();
