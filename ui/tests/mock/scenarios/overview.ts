// Worlds for the overview and for all screens at once: out of reach, out of room, being read, broken.

import type { StatusSnapshot } from "../../../src/ipc/client";
import { collection, field, invoiceForm, link } from "../makers";
import { DAY, HOUR, MINUTE, NOW, type World } from "../world";
import { incoming } from "./connections";
import { busy, sample } from "./sample";

const DAMAGED: Partial<StatusSnapshot> = {
  sentence: { id: "storeDamaged", intact: Date.UTC(2026, 10, 21, 13, 0) },
  activity: { id: "cannotSave" },
  storeFault: "damaged",
};

export const overview: Record<string, (world: World) => void> = {
  "first-run": () => {},
  calm: sample,
  busy,
  offline: (world) => {
    busy(world);
    world.links = world.links.map((one) => ({
      ...one,
      connectivity: "offline",
      offlineSince: NOW - 3 * HOUR,
      nextTry: NOW + 27 * MINUTE,
    }));
  },
  "offline-for-days": (world) => {
    busy(world);
    const since = NOW - 10 * DAY;
    world.links = world.links.map((one) => ({
      ...one,
      connectivity: "offline",
      offlineSince: since,
      lastContact: since,
      nextTry: NOW + 27 * MINUTE,
    }));
  },
  comparing: (world) => {
    busy(world);
    world.links = world.links.map((one, at) => ({
      ...one,
      state: at === 0 ? "degraded_poll" : "repairing",
      syncing: at > 0,
    }));
  },
  paused: (world) => {
    busy(world);
    world.paused = true;
  },
  empty: (world) => {
    world.links = [
      link("ERPNext", "erp.example.com", { collections: [collection("invoices", "Sales invoices", 0)] }),
    ];
    world.forms.set("ERPNext/invoices", invoiceForm);
  },
  loading: (world) => {
    busy(world);
    world.hangs = new Set([
      "list_queue",
      "list_records",
      "get_pending_conflicts",
      "list_group_members",
      "get_conflict",
      "get_record",
      "get_change",
      "list_removals",
      "list_unreadable",
      "get_unreadable",
      "list_hooks",
      "list_decisions",
    ]);
    incoming(world);
  },
  broken: (world) => {
    busy(world);
    const refusal = {
      code: "store" as const,
      message: "The local copy is damaged: its page 12 fails the check.",
      hint: "Download the collection again.",
    };
    for (const command of [
      "list_queue",
      "list_causes",
      "list_records",
      "get_pending_conflicts",
      "list_group_members",
      "get_conflict",
      "get_record",
      "get_change",
    ]) {
      world.refuses.set(command, refusal);
    }
  },
  secret: (world) => {
    sample(world);
    const pin = field("/pin", "Bank PIN", "text", { secret: true });
    world.forms.set("ERPNext/invoices", { ...invoiceForm, fields: [pin, ...invoiceForm.fields] });
    const record = world.record("ERPNext", "invoices", "SINV-00410");
    if (record) record.document = record.base = record.document?.replace("{", '{"pin":"4711",') ?? null;
  },
  "disk-full": (world) => {
    busy(world);
    world.override = {
      sentence: { id: "cannotSave", fault: "disk_full" },
      activity: { id: "cannotSave" },
      storeFault: "disk_full",
    };
  },
  damaged: (world) => {
    busy(world);
    world.override = DAMAGED;
  },
  shut: (world) => {
    world.override = DAMAGED;
  },
  "put-back": (world) => {
    busy(world);
    world.override = { putBack: { at: NOW - HOUR, inDoubt: 14 } };
  },
  unbalanced: (world) => {
    sample(world);
    world.override = { ledger: { ...world.snapshot().ledger, saved: 1200, balanced: false } };
  },
};
