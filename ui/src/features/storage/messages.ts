// Words about the local store and its copies.

import { bytes } from "../../components/format/bytes";
import { moment } from "../../components/format/time";

export const words = {
  title: "Storage",
  size: (n: number) => `The local store takes ${bytes(n)}.`,
  free: (n: number) => `${bytes(n)} free on its disk.`,
  folder: "Location",
  backups: "Backups",
  none: "No backups yet. One is made each day while you work.",
  about: "The newest 3 are kept, on at most a fifth of the free space.",
  backUpNow: "Back up now",
  making: "Backing up",
  made: "Backed up and checked.",
  restore: "Restore",
  restoring: "Restoring",
  restoreOf: (at: number, now: number) => `Restore the copy from ${moment(at, now)}`,
  copy: (at: number, now: number, size: number) => `${moment(at, now)} · ${bytes(size)}`,
  question: (at: number, now: number) => `Restore the copy from ${moment(at, now)}?`,
  effect:
    "What is here now is set aside in the data folder, not deleted. Changes made after the copy and not sent are only in that file.",
  doubt: "Changes that wait in the copy are looked up on the server before they are sent.",
  keep: "Keep what is here",
  restored: (at: number, now: number) => `The copy from ${moment(at, now)} is in place.`,
  damaged: (at: number | null, now: number) =>
    at === null
      ? "The local store failed its check. Sending is stopped."
      : `The local store failed its check. Sending is stopped. A copy from ${moment(at, now)} is intact.`,
  noCopy: "There is no intact copy. Keep the file and report this.",
  diskFull: (free: number | null) =>
    free === null
      ? "This computer's disk is full. New changes can't be saved until there is room."
      : `This computer's disk is full (${bytes(free)} left). New changes can't be saved until there is room.`,
  shut: "The local store can't be opened",
};
