import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { KEPT_LINES, type LogLine } from './buffer';
import { follow, type FollowState, type LogSource, type Visibility } from './follow';

const line = (seq: number): LogLine => ({ seq, outcome: 'ok', key: `HR-${seq}`, message: "{ message: 'OK' }", at: '2026-07-01T10:00:00Z' });

/** A log on the other side, which grows and may be out of reach. */
class Log {
  lines: LogLine[] = [];
  asked: (number | undefined)[] = [];
  down = false;
  grow(n: number) {
    for (let i = 0; i < n; i++) this.lines.push(line(this.lines.length + 1));
  }
  page = async (after: number | undefined) => {
    this.asked.push(after);
    if (this.down) throw new Error('unreachable');
    if (after === undefined) return this.lines.slice(-KEPT_LINES);
    return this.lines.filter((l) => l.seq > after).slice(0, KEPT_LINES);
  };
}

class Tab implements Visibility {
  private listeners = new Set<() => void>();
  private out = false;
  hidden = () => this.out;
  subscribe = (changed: () => void) => {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  };
  hide(out: boolean) {
    this.out = out;
    for (const l of [...this.listeners]) l();
  }
  get watchers() {
    return this.listeners.size;
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start(source: LogSource) {
  const tab = new Tab();
  const abort = new AbortController();
  const seen: FollowState[] = [];
  const state = { over: false };
  const done = follow({ source, over: () => state.over, changed: (s) => seen.push(s), visibility: tab }, abort.signal);
  return { tab, abort, seen, state, done, now: () => seen[seen.length - 1]! };
}

describe('following a log by looking every second', () => {
  it('shows new lines, and stops when the run is over', async () => {
    const log = new Log();
    log.grow(3);
    const f = start(log);
    await vi.advanceTimersByTimeAsync(0);
    expect(f.now().log.last).toBe(3);
    log.grow(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(f.now().log.lines.map((l) => l.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(f.now().following).toBe('live');
    log.grow(1);
    f.state.over = true;
    await vi.advanceTimersByTimeAsync(2000);
    await f.done;
    expect(f.now()).toMatchObject({ following: 'ended', log: { last: 6 } });
    expect(log.asked).toEqual([undefined, 3, 5]);
  });

  it('asks nothing while the tab is hidden and goes on without a gap', async () => {
    const log = new Log();
    log.grow(10);
    const f = start(log);
    await vi.advanceTimersByTimeAsync(0);
    f.tab.hide(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(f.now().following).toBe('paused');
    expect(log.asked).toHaveLength(1);
    log.grow(30);
    f.tab.hide(false);
    await vi.advanceTimersByTimeAsync(0);
    expect(f.now().log.lines.map((l) => l.seq)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    f.abort.abort();
    await f.done;
    expect(f.tab.watchers).toBe(0);
  });

  it('jumps to the newest lines when it fell behind further than the window', async () => {
    const log = new Log();
    log.grow(10);
    const f = start(log);
    await vi.advanceTimersByTimeAsync(0);
    log.grow(5000);
    await vi.advanceTimersByTimeAsync(1000);
    const { lines } = f.now().log;
    expect(lines).toHaveLength(KEPT_LINES);
    expect(lines.every((l, i) => i === 0 || l.seq === lines[i - 1]!.seq + 1)).toBe(true);
    expect(f.now().log.last).toBe(5010);
    expect(log.asked).toEqual([undefined, 10, undefined]);
    f.abort.abort();
    await f.done;
  });

  it('says that it cannot reach the log, waits longer each time and recovers', async () => {
    const log = new Log();
    log.grow(1);
    const f = start(log);
    await vi.advanceTimersByTimeAsync(0);
    log.down = true;
    await vi.advanceTimersByTimeAsync(1000 + 1000 + 2000 + 4000);
    expect(f.now().following).toBe('retrying');
    expect(log.asked).toHaveLength(5);
    log.down = false;
    log.grow(1);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(f.now()).toMatchObject({ following: 'live', log: { last: 2 } });
    f.abort.abort();
    await f.done;
  });
});

describe('following a log by a stream', () => {
  it('catches up first, takes what is pushed and looks once more at the end', async () => {
    const log = new Log();
    log.grow(2);
    let push: (lines: readonly LogLine[]) => void = () => {};
    let end: (how: 'end') => void = () => {};
    const f = start({
      page: log.page,
      stream: (_after, p) => {
        push = p;
        return new Promise((resolve) => (end = resolve));
      },
    });
    await vi.advanceTimersByTimeAsync(0);
    log.grow(1);
    push([line(3)]);
    expect(f.now().log.last).toBe(3);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(log.asked).toEqual([undefined]);
    log.grow(1);
    f.state.over = true;
    end('end');
    await vi.advanceTimersByTimeAsync(2000);
    await f.done;
    expect(f.now()).toMatchObject({ following: 'ended', log: { last: 4 } });
  });

  it('hangs up while the tab is hidden', async () => {
    const log = new Log();
    log.grow(1);
    const signals: AbortSignal[] = [];
    const f = start({
      page: log.page,
      stream: (_after, _push, signal) => {
        signals.push(signal);
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });
    await vi.advanceTimersByTimeAsync(0);
    f.tab.hide(true);
    await vi.advanceTimersByTimeAsync(5000);
    expect(signals[0]!.aborted).toBe(true);
    expect(f.now().following).toBe('paused');
    f.tab.hide(false);
    await vi.advanceTimersByTimeAsync(0);
    expect(signals).toHaveLength(2);
    f.abort.abort();
    await f.done;
    expect(signals[1]!.aborted).toBe(true);
  });

  it('gives up on streams that break and looks every second instead', async () => {
    const log = new Log();
    log.grow(1);
    const stream = vi.fn<NonNullable<LogSource['stream']>>(() => Promise.reject(new Error('buffered by a proxy')));
    const f = start({ page: log.page, stream });
    await vi.advanceTimersByTimeAsync(0);
    log.grow(1);
    await vi.advanceTimersByTimeAsync(3000);
    expect(stream).toHaveBeenCalledTimes(2);
    expect(f.now()).toMatchObject({ following: 'live', log: { last: 2 } });
    f.abort.abort();
    await f.done;
  });
});
