import type { RequestView } from "../../state/types";

/** What stands in the place of a secret. */
const MASK = "••••";

export const request = {
  headers: "Headers",
  secret: "A secret goes with it, which is not shown.",
  body: (size: string) => `Body, ${size}`,
  how: "How the body is shown",
  pretty: "Pretty",
  raw: "Raw",
  cut: (size: string) => `Only the first ${size} are shown. Export it to see the whole.`,
  noBody: "It has no body.",
};

/** The headers as they go out; the account's secret is masked. */
export function headersOf({ headers, signedIn }: RequestView): string[] {
  const told = headers.some((header) => /^authorization\s*:/i.test(header));
  return signedIn && !told ? [...headers, `Authorization: ${MASK}`] : headers;
}
