// Secrets of records in the core of memory: masked wherever a record is shown, as the engine does it.

import { at, put, read, write } from "../../src/state/json";
import type { Form } from "../../src/ipc/client";

const secretsOf = (form: Form | undefined): string[] =>
  (form?.fields ?? []).filter((field) => field.secret).map((field) => field.path);

/** A document with a mask in the place of each secret. */
export function masked(form: Form | undefined, text: string | null): string | null {
  let value = text === null ? undefined : read(text);
  const secrets = secretsOf(form).filter((path) => value !== undefined && at(value, path) !== undefined);
  if (value === undefined || secrets.length === 0) return text;
  for (const path of secrets) value = put(value, path, "••••");
  return write(value);
}

/** The value of a secret as JSON text, or null. */
export function secret(text: string | null, path: string): string | null {
  const value = at(read(text ?? "{}"), path);
  return value === undefined ? null : write(value);
}
