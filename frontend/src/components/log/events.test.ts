import { afterEach, describe, expect, it, vi } from 'vitest';

import { readEvents, type ServerEvent } from './events';

function answer(type = 'text/event-stream; charset=utf-8', status = 200) {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (c) => void (controller = c),
    cancel: () => void (cancelled = true),
  });
  const encoder = new TextEncoder();
  return {
    response: new Response(body, { status, headers: { 'content-type': type } }),
    send: (text: string) => controller.enqueue(encoder.encode(text)),
    bytes: (b: Uint8Array) => controller.enqueue(b),
    end: () => controller.close(),
    cancelled: () => cancelled,
  };
}

afterEach(() => void vi.useRealTimers());

describe('a stream of events', () => {
  it('is read across any cut of its bytes', async () => {
    const a = answer();
    const seen: ServerEvent[] = [];
    const done = readEvents(a.response, (e) => seen.push(e), new AbortController().signal);
    const bytes = new TextEncoder().encode('event: log\nid: 7\ndata: {"name":"Größe"}\n\n: still here\n\nevent: end\ndata: {}\n\n');
    for (const byte of bytes) a.bytes(new Uint8Array([byte]));
    a.end();
    await done;
    expect(seen).toEqual([
      { event: 'log', id: '7', data: '{"name":"Größe"}' },
      { event: 'end', id: '', data: '{}' },
    ]);
  });

  it('is given up when nothing comes for too long, and let go of', async () => {
    vi.useFakeTimers();
    const a = answer();
    const done = readEvents(a.response, () => undefined, new AbortController().signal, 1000).catch((e: unknown) => e);
    a.send(': here\n\n');
    await vi.advanceTimersByTimeAsync(900);
    a.send(': here\n\n');
    await vi.advanceTimersByTimeAsync(900);
    await vi.advanceTimersByTimeAsync(200);
    expect(await done).toMatchObject({ message: 'the stream went silent' });
    expect(a.cancelled()).toBe(true);
  });

  it('ends at once when it is aborted', async () => {
    const a = answer();
    const abort = new AbortController();
    const done = readEvents(a.response, () => undefined, abort.signal).catch((e: unknown) => e);
    abort.abort();
    expect(await done).toMatchObject({ name: 'AbortError' });
    expect(a.cancelled()).toBe(true);
  });

  it('is refused when the answer is something else', async () => {
    const none = new AbortController().signal;
    await expect(readEvents(answer('text/html').response, () => undefined, none)).rejects.toThrow('not server-sent');
    await expect(readEvents(answer('text/event-stream', 404).response, () => undefined, none)).rejects.toThrow('404');
  });
});
