/** A length of time as people say it: never more exact than it is known. */
export type Span = { unit: 'moment' } | { unit: 'seconds'; seconds: number } | { unit: 'minutes'; minutes: number } | { unit: 'hours'; hours: number; minutes: number };

/** How long seconds are, for a time that is left: rounded up, so that it is not over before it is said to be. */
export function spanLeft(seconds: number): Span {
  if (!Number.isFinite(seconds) || seconds < 5) return { unit: 'moment' };
  if (seconds < 60) return { unit: 'seconds', seconds: Math.ceil(seconds / 5) * 5 };
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return { unit: 'minutes', minutes };
  return { unit: 'hours', hours: Math.floor(minutes / 60), minutes: minutes % 60 };
}

/** How long something took, to the second below an hour. */
export function spanTaken(seconds: number): Span {
  if (!Number.isFinite(seconds) || seconds < 1) return { unit: 'moment' };
  if (seconds < 60) return { unit: 'seconds', seconds: Math.round(seconds) };
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return { unit: 'minutes', minutes };
  return { unit: 'hours', hours: Math.floor(minutes / 60), minutes: minutes % 60 };
}

/** A rate for people: per minute while it is slow, so that nobody reads "0.3 per second". */
export function readableRate(perSecond: number): { per: 'second' | 'minute'; value: number } | null {
  if (!Number.isFinite(perSecond) || perSecond <= 0) return null;
  if (perSecond >= 10) return { per: 'second', value: Math.round(perSecond) };
  const perMinute = perSecond * 60;
  return { per: 'minute', value: perMinute >= 10 ? Math.round(perMinute) : Math.round(perMinute * 10) / 10 };
}

/** The part that is done, from 0 to 1; null while the total is not known. Never 1 before everything is done. */
export function fraction(done: number, total: number): number | null {
  if (!(total > 0)) return null;
  if (done >= total) return 1;
  return Math.min(Math.max(done / total, 0), 0.999);
}

/** The waiting time the product names for the history of a backup: 5 minutes plus 1 per 1,000 objects. */
export function historyMinutes(objects: number): number {
  return 5 + Math.ceil(Math.max(0, objects) / 1000);
}
