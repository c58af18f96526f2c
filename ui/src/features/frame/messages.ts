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

const DAY = 86_400_000;

/** One word and a time for a link's state. */
export function linkState(link: LinkStatus, now: number): string {
  if (link.stopped?.reason === "sign_in") return "Sign in";
  if (link.stopped) return "Stopped";
  if (link.paused) return "Paused";
  if (link.syncing) return isCompared(link) ? "Comparing" : "Working";
  const last = contact(link, now);
  if (link.connectivity === "offline") {
    return link.offlineSince === null
      ? `Offline${last}`
      : `Offline since ${moment(link.offlineSince, now)}${last}`;
  }
  if (link.connectivity === "unknown") return `Not checked yet${last}`;
  if (link.state === "degraded_poll") return "Couldn't compare, tries again";
  if (link.state === "repairing") return "Comparing";
  return link.lastContact === null ? "Reached" : `Reached ${moment(link.lastContact, now)}`;
}

/** Whether all of a collection is compared with the server's, or will be. */
export function isCompared(link: LinkStatus): boolean {
  return link.state === "repairing" || link.state === "degraded_poll";
}

/** How many days ago the server answered last, from the first whole day on. */
function contact(link: LinkStatus, now: number): string {
  const days = link.lastContact === null ? 0 : Math.floor((now - link.lastContact) / DAY);
  return plural(days, { zero: "", one: ", last contact # day ago", other: ", last contact # days ago" });
}

/** When the server answered last, in as few letters as tell it. */
export function contactTime(link: LinkStatus, now: number): string {
  return link.lastContact === null ? "" : moment(link.lastContact, now);
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
