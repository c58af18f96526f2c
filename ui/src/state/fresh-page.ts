// The page is loaded anew while nobody sees it. WebKitGTK keeps memory for every list and form that it once laid out, which
// no script holds and only a new page frees; measured in docs/guarantees.md.

import { kept } from "./conflicts.svelte";
import { isUnkept } from "./draft.svelte";
import { toasts } from "./toasts.svelte";

/** So long hidden, in milliseconds: who only looks elsewhere for a moment finds everything scrolled as it was. */
const HIDDEN = 5 * 60_000;
/** Fewer places than this were opened: it is not worth it. */
const PLACES = 100;

/**
 * Loads the page anew once it has been hidden for five minutes, if a hundred places or more were opened in it, and nothing
 * would be lost by it: nothing is typed that is not on disk, no dialog is open, no result waits to be read. One timer, while hidden.
 */
export function start(reload = () => location.reload()): () => void {
  let places = 0;
  /** Something was typed on this screen; whether it was saved, only its own parts know. */
  let typed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const opened = () => {
    places += 1;
    typed = false;
  };
  const input = () => (typed = true);
  const isInUse = () =>
    typed ||
    isUnkept() ||
    kept.size > 0 ||
    toasts.list.length > 0 ||
    document.querySelector("dialog[open]") !== null;
  const visible = () => {
    clearTimeout(timer);
    if (!document.hidden || places < PLACES) return;
    timer = setTimeout(() => {
      if (!isInUse()) reload();
    }, HIDDEN);
  };

  addEventListener("hashchange", opened);
  addEventListener("input", input, true);
  document.addEventListener("visibilitychange", visible);
  return () => {
    removeEventListener("hashchange", opened);
    removeEventListener("input", input, true);
    document.removeEventListener("visibilitychange", visible);
    clearTimeout(timer);
  };
}
