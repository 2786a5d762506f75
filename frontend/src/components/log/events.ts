import { createParser } from 'eventsource-parser';

export interface ServerEvent {
  event: string;
  data: string;
  id: string;
}

/** A stream that says nothing for longer than this is broken: the service sends a sign of life every 15 seconds. */
const SILENCE = 40_000;

/**
 * Reads server-sent events from an answer until it ends, the signal is aborted or nothing comes for too long. The promise
 * is rejected in the last two cases.
 */
export async function readEvents(response: Response, received: (event: ServerEvent) => void, signal: AbortSignal, silence = SILENCE): Promise<void> {
  if (!response.ok || !response.body) throw new Error(`no stream: status ${response.status}`);
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) throw new Error('no stream: not server-sent events');
  const parser = createParser({ onEvent: ({ event = 'message', data, id = '' }) => received({ event, data, id }) });
  const text = new TextDecoder();
  const reader = response.body.getReader();
  let stop: (reason: unknown) => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => (stop = reject));
  stopped.catch(() => undefined);
  const aborted = () => stop(signal.reason);
  signal.addEventListener('abort', aborted);
  if (signal.aborted) aborted();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    for (;;) {
      timer = setTimeout(() => stop(new Error('the stream went silent')), silence);
      const { done, value } = await Promise.race([reader.read(), stopped]);
      clearTimeout(timer);
      if (done) return;
      parser.feed(text.decode(value, { stream: true }));
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', aborted);
    void reader.cancel().catch(() => undefined);
  }
}
