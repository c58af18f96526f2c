import { exact } from "../../components/format/number";
import { duration, took } from "../../components/format/time";
import type { AttemptView, Timing } from "../../state/types";

export const words = {
  timing: "Timing",
  waited: "Waited before",
  began: "Began",
  answered: "Answered",
  noAnswer: "No answer was seen",
  total: "Total",
  name: "Finding the name",
  connect: "Connecting",
  firstByte: "First byte",
  withTls: "including TLS",
  reused: "The connection was open already",
  notConnected: "No connection was made",
  noByte: "None came",
  afterBegan: "after it began",
  onlyTotal: "Of this one only the whole was measured.",
  reading: "Reading what was sent and answered…",
  unread: "What was sent and answered could not be read.",
  network: "Network",
  unknownNetwork: "Not known",
  requestId: "Request id at the server",
  request: "Request",
  notSent: "Nothing was sent.",
  otherRequest: "The request of this try is no longer kept.",
  answer: "Answer",
  headers: "Headers",
  start: (size: string) => `Only the first ${size} are kept.`,
  noBody: "It has no body.",
  accepted: "The record itself shows what the server stored.",
  noAnswerKept: "The answer to this try is no longer kept.",
  newest: (shown: string, all: string) => `The ${shown} newest of ${all} tries.`,
};

/** How long it was after the answer to the try before, or after that began where it had none. */
export function waitedBefore(tried: AttemptView, before: AttemptView | undefined): string | undefined {
  if (before === undefined) return undefined;
  const since = Math.max(0, tried.startedAt - (before.endedAt ?? before.startedAt));
  return before.endedAt === null
    ? `${duration(since)} since #${exact(before.number)} began`
    : `${duration(since)} since #${exact(before.number)} was answered`;
}

/** The parts of a try's time, each with its words: what was not done is no part. */
export function parts({ name, connect, secure, reused, firstByte }: Timing): [string, string][] {
  const told: [string, string][] = [];
  if (name !== null) told.push([words.name, span(name)]);
  if (reused) told.push([words.connect, words.reused]);
  else if (connect !== null)
    told.push([words.connect, secure ? `${span(connect)}, ${words.withTls}` : span(connect)]);
  else if (firstByte === null) told.push([words.connect, words.notConnected]);
  const byte = firstByte === null ? words.noByte : `${span(firstByte)} ${words.afterBegan}`;
  told.push([words.firstByte, byte]);
  return told;
}

const span = (ms: number): string => (ms === 0 ? "less than 1 ms" : took(ms));

/** The whole time of a try. */
export const answeredAfter = (tried: AttemptView): string =>
  tried.endedAt === null ? "–" : took(Math.max(0, tried.endedAt - tried.startedAt));
