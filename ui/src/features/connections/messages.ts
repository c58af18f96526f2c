import { bytes } from "../../components/format/bytes";
import { exact, plural } from "../../components/format/number";
import { clock, duration, moment } from "../../components/format/time";
import type {
  Compress,
  Discovered,
  LinkStatus,
  Network,
  ScheduleWait,
  TestStepKind,
} from "../../state/types";

export const words = {
  title: "Connections",
  add: "Connect a server",
  sample: "Try with sample data",
  empty: "No server yet.",
  kind: "Kind of server",
  sampleKind: "Sample data",
  kinds: { rest: "REST", kinto: "Kinto" } as Record<string, string>,
  checkNow: "Check now",
  test: "Test",
  testing: "Testing",
  pause: "Pause",
  resume: "Resume",
  remove: "Remove",
  more: "More",
  url: "Address",
  user: "Account",
  collections: "Collections",
  waiting: "Waiting",
  noUser: "Without an account",
  notKept: "The secret is kept for this run only: no keychain could be used.",
  goOffline: "Go offline",
  colleague: "Let a colleague edit",
  colleagueEdited: "A colleague changed a record on the sample server. It arrives with the next check.",
  paused: "Paused",
  conflicts: (n: number) => plural(n, { one: "# conflict", other: "# conflicts" }),
  needsYou: (n: number) => plural(n, { one: "# needs you", other: "# need you" }),
  waitingN: (n: number) => plural(n, { zero: "Nothing waiting", one: "# waiting", other: "# waiting" }),
  records: (n: number) => plural(n, { one: "# record", other: "# records" }),
  unreadable: (n: number) => plural(n, { one: "# could not be read", other: "# could not be read" }),
  show: "Show",
  downloading: (done: number, total: number) =>
    total > 0
      ? `${exact(done)} of ${exact(total)} records`
      : plural(done, { one: "# record", other: "# records" }),
  notPulled: "Not downloaded yet",
  canStart: "You can start working with what is here.",
  unreachable: (link: LinkStatus, now: number) => {
    const since =
      link.offlineSince === null ? "Unreachable." : `Unreachable since ${moment(link.offlineSince, now)}.`;
    return link.nextTry === null ? since : `${since} Tries again at ${clock(link.nextTry)}.`;
  },
  skew: (ms: number) => `The server's clock is ${duration(Math.abs(ms))} ${ms > 0 ? "ahead" : "behind"}.`,
  signIn: "Sign in",
  otherAccount: "Another account (optional)",
  otherAccountHint: "What the present account saved stays here and is never sent under another name.",
  newSecret: "Password or token",
  signedIn: "The new password is stored in your keychain. Trying it now.",
  askRemove: (name: string) => `Remove ${name}?`,
  askRemoveText: (unsent: number, drafts: number) =>
    plural(unsent, {
      zero: "Everything you changed was sent. The copy on this computer is removed; the server keeps its records.",
      one: "# change is not sent. It moves to Trash for 30 days, and the copy on this computer is removed.",
      other:
        "# changes are not sent. They move to Trash for 30 days, and the copy on this computer is removed.",
    }) +
    plural(drafts, {
      zero: "",
      one: " # record has edits that you did not save. They are lost.",
      other: " # records have edits that you did not save. They are lost.",
    }),
  sendFirst: "Send first",
  removeButton: (unsent: number, drafts: number) =>
    unsent > 0 ? "Remove and move them to Trash" : drafts > 0 ? "Remove anyway" : "Remove",
  keep: "Keep",
  removed: (name: string) => `${name} is removed.`,
  testGood: "All is well.",
  clockStep: (ms: number) => `The clocks are ${duration(Math.abs(ms))} apart.`,
};

export const steps: Record<TestStepKind, string> = {
  address: "Address",
  connected: "Connected",
  speaks: "Speaks the protocol",
  signed_in: "Signed in",
  may_read: "May read",
  clock: "Clock",
};

export const form = {
  title: "Connect a server",
  name: "Name",
  nameHint: "How this connection is called here.",
  url: "Address",
  urlHint: "The server's address, such as https://kinto.example.com/v1/buckets/work",
  user: "Account (optional)",
  secret: "Password or token (optional)",
  secretHint: "Stored in your keychain, never in a file.",
  settings: "Settings file (optional)",
  settingsHint:
    "For a REST server whose names differ from the usual ones, or one that you sign in to with OAuth 2.0: the token above is then the refresh token.",
  find: "Find collections",
  finding: "Asking the server",
  back: "Back",
  connect: "Connect",
  connecting: "Connecting",
  keepTitle: "What to keep on this computer",
  keepText: "The chosen collections download in the background. You can start working at once.",
  none: "This server has no collections that this account can see.",
  chooseOne: "Choose at least one collection.",
  size: (one: Discovered) => {
    if (one.count === null) return "size not told";
    const records = plural(one.count, { one: "# record", other: "# records" });
    return one.bytes === null ? records : `${records}, ${bytes(one.bytes)}`;
  },
  software: (software: string) => `This looks like ${software}.`,
  needName: "Give it a name.",
  needUrl: "Give the server's address.",
  badUrl: "This is no address. It starts with https:// (or http:// for this computer).",
  notKept: (why: string) => why,
  added: (name: string) => `${name} is connected.`,
};

export const limits = {
  title: "Schedule and limits",
  hours: "Only between given hours",
  from: "From",
  to: "To",
  unmetered: "Only on an unmetered network",
  network: {
    unknown: "This system doesn't say whether the network is metered, so it counts as unmetered.",
    unmetered: "The network is unmetered.",
    metered: "The network is metered.",
  } satisfies Record<Network, string>,
  compress: "Compress long changes",
  packings: {
    offered: "As the server offers",
    gzip: "Always, with gzip",
    zstd: "Always, with zstd",
    off: "Never",
  } satisfies Record<Compress, string>,
  plain: (server: string) => `${server} takes no compressed changes: they go as they are.`,
  always: "Changes are saved at all times, and Check now sends at once.",
  refused: (why: string) => `This setting went back: ${why}`,
  waits: (wait: ScheduleWait) =>
    wait.kind === "hours" ? `Waits until ${clock(wait.until)}` : "Waits for an unmetered network",
};
