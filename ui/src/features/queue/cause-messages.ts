import { count, exact, plural } from "../../components/format/number";
import type { CauseGroup } from "../../state/types";
import { line } from "../shared/text";

export const words = {
  group: "Group",
  none: "none",
  byCause: "cause",
  list: "What needs you, by cause",
  show: "Show",
  hide: "Hide",
  sendNow: (n: number) => `Send ${exact(n)} now`,
  nothing: "Nothing needs you.",
  others: (n: number) =>
    plural(n, { one: "# more has a cause of its own.", other: "# more have causes of their own." }),
  part: (looked: number, total: number) => `The oldest ${exact(looked)} of ${exact(total)} are grouped here.`,
  more: (n: number) => plural(n, { one: "and # more", other: "and # more" }),
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
  const parts = [
    server,
    group.status === null ? "" : String(group.status),
    `for example ${line(group.exampleTitle)}`,
  ];
  return parts.filter((part) => part !== "").join(" · ");
}
