import { count, exact, plural } from "../../components/format/number";
import type { Grouping } from "../../state/groups.svelte";
import type { CauseGroup, LinkStatus, RecordChanges } from "../../state/types";
import { line } from "../shared/text";

export const words = {
  group: "Group",
  none: "none",
  by: { cause: "cause", record: "record", server: "server" } satisfies Record<Grouping, string>,
  list: {
    cause: "What needs you, by cause",
    record: "What is not confirmed, by record",
    server: "What is not confirmed, by server",
  } satisfies Record<Grouping, string>,
  show: "Show",
  hide: "Hide",
  sendNow: (n: number) => `Send ${exact(n)} now`,
  nothing: {
    cause: "Nothing needs you.",
    record: "Nothing waiting for any record.",
    server: "Nothing waiting for any server.",
  } satisfies Record<Grouping, string>,
  others: {
    cause: (n: number) =>
      plural(n, { one: "# more has a cause of its own.", other: "# more have causes of their own." }),
    record: (n: number) =>
      plural(n, {
        one: "# more is of a record with no more changes than these.",
        other: "# more are of records with no more changes than these.",
      }),
  },
  without: (n: number, most: number) =>
    n >= most
      ? `${exact(n)} or more are of no record here: requests, and what was rolled back.`
      : plural(n, {
          one: "# is of no record here: a request, or rolled back.",
          other: "# are of no record here: requests, and what was rolled back.",
        }),
  part: (looked: number, total: number) => `${exact(looked)} of ${exact(total)} changes are grouped here.`,
  onward: "Group the next ones",
  again: "Group the first ones",
  more: (n: number) => plural(n, { one: "and # more", other: "and # more" }),
  all: "All in one list",
  openRecord: "Open the record",
  moreCauses: (n: number) => plural(n, { one: "and # more cause", other: "and # more causes" }),
  gathering: "Gathering the changes",
};

/** "41 refused: Item Group is required": what a group is called. */
export function title(group: CauseGroup): string {
  const said = line(group.words) || (group.status === null ? "no reason was given" : String(group.status));
  // Without a status no server said it: it was decided here.
  return group.status === null
    ? plural(group.count, { one: `# needs you: ${said}`, other: `# need you: ${said}` })
    : `${count(group.count)} refused: ${said}`;
}

/** "erp.example.com · 417 · for example Hinge, steel" */
export function where(group: CauseGroup, server: string): string {
  return joined([
    server,
    group.status === null ? "" : String(group.status),
    `for example ${line(group.exampleTitle)}`,
  ]);
}

/** "Sales invoices · erp.example.com · 3 changes · 1 needs you" */
export function ofRecord(group: RecordChanges, label: string, server: string): string {
  const changes = plural(group.ids.length, { one: "# change", other: "# changes" });
  return joined([
    line(label),
    server,
    group.more ? `the oldest ${changes} of more` : changes,
    needsYou(group.needsYou),
  ]);
}

/** "ERPNext · 14 waiting · 3 need you" */
export function ofServer(link: LinkStatus): string {
  const { waiting, sending, notConfirmed, inConflict, needsYou: need } = link.queue;
  const some = (n: number, forms: string) => (n === 0 ? "" : `${count(n)} ${forms}`);
  return joined([
    line(link.name),
    some(waiting, "waiting"),
    some(sending, "sending"),
    some(notConfirmed, "not confirmed"),
    plural(inConflict, { zero: "", one: "# in conflict", other: "# in conflict" }),
    needsYou(need),
  ]);
}

/** How many changes of a server are not finished. */
export const unfinished = ({ queue }: LinkStatus): number =>
  queue.waiting + queue.sending + queue.notConfirmed + queue.inConflict + queue.needsYou;

const needsYou = (n: number) => plural(n, { zero: "", one: "# needs you", other: "# need you" });
const joined = (parts: string[]) => parts.filter((part) => part !== "").join(" · ");
