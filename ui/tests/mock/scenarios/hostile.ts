// A world in which every text is meant to do harm.

import { change, conflict, stored, unread } from "../makers";
import { NOW, type World } from "../world";
import { sample } from "./sample";

const HOSTILE = [
  "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>",
  "\u202Egnp.exe\u202C \u2066left\u2069 \u0000\u0007 bell",
  "مرحبا بالعالم ".repeat(20),
  "x".repeat(1_048_576),
  `{{constructor.constructor('document.title="owned"')()}}`,
];

export function hostile(world: World): void {
  sample(world);
  const deep = "[".repeat(128) + "]".repeat(128);
  const invoices = world.collection("ERPNext", "invoices");
  invoices.clear();
  HOSTILE.forEach((text, n) => {
    const id = `${text.slice(0, 300)}/../${n}`;
    invoices.set(
      id,
      stored(
        id,
        `{"title":${JSON.stringify(text)},"remarks":${JSON.stringify(text)},"due_date":"soon","total":"much","paid":{"a":1},"lines":${deep},"__proto__":{"x":1}}`,
        { by: text.slice(0, 200) },
      ),
    );
  });
  world.changes = HOSTILE.map((text, n) =>
    change(
      world,
      {
        title: text.slice(0, 100_000),
        record: text.slice(0, 300),
        fields: [`/${text.slice(0, 200)}`],
        state: n === 0 ? "needs_you" : "waiting",
        reason: n === 0 ? { kind: "refused", class: "permanent", status: 422, words: text } : null,
      },
      { changes: [{ path: `/${text.slice(0, 200)}`, before: JSON.stringify(text), after: deep }] },
    ),
  );
  for (const one of world.links) {
    world.links = world.links.map((its) => ({
      ...its,
      collections: its.collections.map((c, i) => (i === 0 ? { ...c, label: HOSTILE[1] ?? "" } : c)),
    }));
    const first = one.collections[0]?.name ?? "";
    world.ask(one.name, first, { wouldRemove: HOSTILE.length, of: 7, atLeast: false, since: NOW });
    world.removals.set(
      `${one.name}/${first}`,
      HOSTILE.map((text) => ({ record: text.slice(0, 300), title: text })),
    );
  }
  world.unreadable = HOSTILE.map((text, n) =>
    unread(
      HOSTILE.length - n,
      { record: text.slice(0, 100_000), reason: text.slice(0, 1000) },
      text.slice(0, 65_536),
    ),
  );
  world.conflicts = HOSTILE.map((text, n) =>
    conflict(
      n + 1,
      { title: text.slice(0, 100_000), server_by: text.slice(0, 300), server_version: text.slice(0, 300) },
      [
        {
          path: `/${text.slice(0, 100)}`,
          label: text.slice(0, 1000),
          class: "clash",
          base: JSON.stringify(text.slice(0, 50)),
          local: JSON.stringify(text),
          server: deep,
          result: null,
          undecided: true,
          choice: null,
          rule: null,
          note: "only_spaces_differ",
        },
      ],
    ),
  );
}
