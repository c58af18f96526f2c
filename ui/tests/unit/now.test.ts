import { afterEach, describe, expect, it, vi } from "vitest";
import { present } from "../../src/components/format/now.svelte";

describe("the present", () => {
  afterEach(() => {
    present.agree(Date.now());
    vi.useRealTimers();
  });

  it("follows the core's clock and goes on with real time", () => {
    vi.useFakeTimers({ now: 1_000_000_000 });
    present.agree(5_000_000);
    expect(present.at).toBe(5_000_000);
    vi.advanceTimersByTime(7_000);
    expect(present.now()).toBe(5_007_000);
  });

  it("takes the age of a snapshot for no difference of clocks", () => {
    vi.useFakeTimers({ now: 1_000_000_000 });
    present.agree(1_000_000_000 - 1_500);
    expect(present.now()).toBe(1_000_000_000);
  });
});
