// The place in the window is in its address: #/queue/1041?state=needs_you. A notification or a program can open any of it.

export const screens = ["overview", "records", "queue", "conflicts", "connections", "settings"] as const;
export type Screen = (typeof screens)[number];

export interface Route {
  screen: Screen;
  /** What follows the screen, decoded. */
  parts: string[];
  /** Filters. */
  query: Record<string, string>;
}

/** Reads an address; what is unknown is the Overview. */
export function parse(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#?\/?/, "").split(/\?(.*)/s);
  const [first = "", ...rest] = path.split("/").filter((part) => part !== "");
  const screen = (screens as readonly string[]).includes(first) ? (first as Screen) : "overview";
  return { screen, parts: rest.map(decode), query: Object.fromEntries(new URLSearchParams(search)) };
}

/** The address of a place; empty filters are left out. */
export function href(
  screen: Screen,
  parts: (string | number)[] = [],
  query: Record<string, string | null | undefined> = {},
): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value) search.set(key, value);
  const tail = search.size > 0 ? `?${search}` : "";
  return `#/${[screen, ...parts.map((part) => encodeURIComponent(String(part)))].join("/")}${tail}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

class Router {
  route = $state<Route>(parse(""));

  /** Follows the address from now on. */
  start(): () => void {
    const follow = () => (this.route = parse(location.hash));
    follow();
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }

  /** Goes to a place that another program or the tray named; anything but a known screen is left alone. */
  open(address: string): void {
    const screen = /^#\/([a-z]+)(?=$|[/?])/.exec(address)?.[1];
    if ((screens as readonly string[]).includes(screen ?? "")) this.go(address);
  }

  /**
   * Goes to a place at once; `replace` leaves no step to go back to (for filters). WebKit would follow `location.hash` only
   * after it asked whether it may, and what is done until then would start from the place before.
   */
  go(to: string, replace = false): void {
    if (replace) {
      history.replaceState(null, "", to);
      this.route = parse(to);
    } else if (to !== location.hash) {
      history.pushState(null, "", to);
      dispatchEvent(new HashChangeEvent("hashchange"));
    }
  }
}

export const router = new Router();
