// What the core of memory keeps of a try word for word.

import type { AttemptDetail, AttemptView, ChangeDetail } from "../../src/ipc/client";

const none: AttemptDetail = { request: null, sent: [], answered: [], body: null };

/** The request of a try with the change's key; what came back, where something came. */
export function wordForWord({ request }: ChangeDetail, tried: AttemptView): AttemptDetail {
  const same = request?.key === tried.key ? request : null;
  if (tried.status === null) return { ...none, request: same };
  return {
    request: same,
    sent: same ? ["accept: application/json", ...same.headers, `idempotency-key: ${tried.key}`] : [],
    answered: [
      "content-type: application/json",
      "retry-after: 1800",
      "server: nginx/1.24.0",
      "set-cookie: ••••",
      ...(tried.requestId === null ? [] : [`x-request-id: ${tried.requestId}`]),
    ],
    body: tried.excerpt,
  };
}
