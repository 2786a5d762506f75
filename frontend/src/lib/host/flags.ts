/** A short message about something that happened. */
export interface Flag {
  kind: 'success' | 'info' | 'warning' | 'error';
  title: string;
  body?: string | undefined;
}

type Listener = (flag: Flag) => void;
const listeners = new Set<Listener>();
/** Flags that nobody was there to show yet. */
const waiting: Flag[] = [];

/** Shows a flag in the app itself, for hosts that have none of their own. */
export function showOwnFlag(flag: Flag): void {
  if (listeners.size === 0) waiting.push(flag);
  for (const listener of listeners) listener(flag);
}

/** Hears of every flag the app has to show itself, until the returned function is called. */
export function onOwnFlag(listener: Listener): () => void {
  listeners.add(listener);
  for (const flag of waiting.splice(0)) listener(flag);
  return () => listeners.delete(listener);
}
