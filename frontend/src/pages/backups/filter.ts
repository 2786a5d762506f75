import { z } from 'zod';

const day = z.iso.date().optional().catch(undefined);

/** Which backups are shown. It stands in the address. Days are days of the user's calendar, `to` included. */
export const backupSearch = z.object({
  trigger: z.enum(['Manual', 'Scheduled']).optional().catch(undefined),
  from: day,
  to: day,
});

export type BackupFilter = z.infer<typeof backupSearch>;

/** The first moment of a day of the user's calendar, `plus` days later. Times are those of the user, not of the browser's machine. */
function startOf(date: string, timeZone: string, plus = 0): string {
  const [year = 0, month = 1, dayOfMonth = 1] = date.split('-').map(Number);
  const wanted = Date.UTC(year, month - 1, dayOfMonth + plus);
  // The offset of the zone at about that time, and once more where a change of the clocks lies between.
  let at = wanted - offset(wanted, timeZone);
  at = wanted - offset(at, timeZone);
  return new Date(at).toISOString();
}

/** How many milliseconds the clocks of a zone are ahead of UTC at a moment. */
function offset(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((p) => p.type === type)?.value);
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return local - Math.floor(at / 1000) * 1000;
}

/** The two moments a filter by days means: from the beginning of the first day to the end of the last. A single day is both. */
export function momentsOf(filter: BackupFilter, timeZone: string): { from?: string; to?: string } {
  return {
    ...(filter.from ? { from: startOf(filter.from, timeZone) } : {}),
    ...(filter.to ? { to: startOf(filter.to, timeZone, 1) } : {}),
  };
}
