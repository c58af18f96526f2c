/** Nine in the morning of the next day, in the person's zone. */
export function tomorrow(now: number): number {
  const day = new Date(now);
  day.setDate(day.getDate() + 1);
  day.setHours(9, 0, 0, 0);
  return day.getTime();
}

/** Nine in the morning of the next Monday, never today. */
export function monday(now: number): number {
  const day = new Date(now);
  day.setDate(day.getDate() + ((8 - day.getDay()) % 7 || 7));
  day.setHours(9, 0, 0, 0);
  return day.getTime();
}
