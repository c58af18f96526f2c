// The worlds that tests open, by name.

import { conflicts } from "./scenarios/conflicts";
import { connections } from "./scenarios/connections";
import { hostile } from "./scenarios/hostile";
import { overview } from "./scenarios/overview";
import { queue } from "./scenarios/queue";
import { settings } from "./scenarios/settings";
import type { World } from "./world";

export const scenarios: Record<string, (world: World) => void> = {
  ...overview,
  ...queue,
  ...conflicts,
  ...connections,
  ...settings,
  hostile,
};
