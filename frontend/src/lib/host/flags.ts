/** A short message about something that happened. */
export interface Flag {
  kind: 'success' | 'info' | 'warning' | 'error';
  title: string;
  body?: string | undefined;
}

type Listener = (flag: Flag) => void;
const listeners = new Set<Listener>();

/** Shows a flag in the app itself, for hosts that have none of their own. */
export function showOwnFlag(flag: Flag): void {
  for (const listener of listeners) listener(flag);
}

/** Hears of every flag the app has to show itself, until the returned function is called. */
export function onOwnFlag(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
