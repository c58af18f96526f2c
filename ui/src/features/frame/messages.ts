import { plural } from "../../components/format/number";
import { moment } from "../../components/format/time";
import type { LinkStatus } from "../../state/types";

export const titles = {
  overview: "Overview",
  records: "Records",
  queue: "Queue",
  conflicts: "Conflicts",
  connections: "Connections",
  settings: "Settings",
} as const;

/** One word and a time for a link's state. */
export function linkState(link: LinkStatus, now: number): string {
  if (link.stopped?.reason === "sign_in") return "Sign in";
  if (link.stopped) return "Stopped";
  if (link.paused) return "Paused";
  if (link.syncing) return "Working";
  if (link.connectivity === "offline") {
    return link.offlineSince === null ? "Offline" : `Offline since ${moment(link.offlineSince, now)}`;
  }
  if (link.connectivity === "unknown") return "Not checked yet";
  return link.lastContact === null ? "Reached" : `Reached ${moment(link.lastContact, now)}`;
}

export const words = {
  skip: "Skip to the screen",
  menu: "Menu",
  navigation: "Screens",
  status: "Status",
  collapse: "Make the sidebar narrow",
  expand: "Make the sidebar wide",
  count: (n: number) => plural(n, { one: "# change not confirmed", other: "# changes not confirmed" }),
  waiting: (n: number) => plural(n, { zero: "nothing waiting", one: "# waiting", other: "# waiting" }),
  why: "Why?",
  pauseAll: "Pause",
  neverChecked: "Not checked since the start",
  noSnapshot: "The status can't be read",
  starting: "Starting",
};
