import { append, emptyLog, KEPT_LINES, replaceTail, type LogBuffer, type LogLine } from './buffer';

/** Where the lines of one run come from. */
export interface LogSource {
  /** The lines behind `after`, oldest first and at most `KEPT_LINES`; without `after` the newest ones. */
  page(after: number | undefined, signal: AbortSignal): Promise<readonly LogLine[]>;
  /**
   * Pushes lines behind `after` as they come, until the run ends ("end"), the other side hangs up ("closed") or the signal
   * is aborted. Absent where the host cannot stream.
   */
  stream?: ((after: number, push: (lines: readonly LogLine[]) => void, signal: AbortSignal) => Promise<'end' | 'closed'>) | undefined;
}

/** What the follower is doing. A paused one waits for its tab to be seen again. */
export type Following = 'loading' | 'live' | 'paused' | 'retrying' | 'ended';

export interface FollowState {
  following: Following;
  log: LogBuffer;
  /** Why it is being tried again. */
  error?: unknown;
}

/** Whether somebody can see the page. */
export interface Visibility {
  hidden(): boolean;
  subscribe(changed: () => void): () => void;
}

export const documentVisibility: Visibility = {
  hidden: () => document.visibilityState === 'hidden',
  subscribe: (changed) => {
    document.addEventListener('visibilitychange', changed);
    return () => document.removeEventListener('visibilitychange', changed);
  },
};

export interface FollowOptions {
  source: LogSource;
  /** Whether the run has ended; asked before each look at the log. */
  over: () => boolean;
  changed: (state: FollowState) => void;
  visibility?: Visibility;
  /** Milliseconds between two looks. */
  every?: number;
}

const LONGEST_WAIT = 15_000;
/** Broken streams in a row after which looking every second is the better way. */
const STREAM_TRIES = 2;

/**
 * Follows the log of a run until it ends or the signal is aborted: by a stream where there is one, else by looking every
 * second. It rests while nobody can see the page and then goes on where it stood, so that no line is missing between two
 * that are shown. Errors are retried for as long as it takes; `following` says so.
 */
export async function follow({ source, over, changed, visibility = documentVisibility, every = 1000 }: FollowOptions, signal: AbortSignal): Promise<void> {
  let log = emptyLog;
  let started = false;
  let errors = 0;
  let brokenStreams = 0;
  const say = (following: Following, error?: unknown) => changed({ following, log, error });
  say('loading');

  while (!signal.aborted) {
    if (visibility.hidden()) {
      say('paused');
      await seen(visibility, signal);
      continue;
    }
    try {
      const ending = over();
      log = await catchUp(source, log, signal);
      started = true;
      errors = 0;
      if (ending) {
        // A run is over only when its last line is written.
        say('ended');
        return;
      }
      say('live');
      if (source.stream && brokenStreams < STREAM_TRIES) {
        const how = await streamed(source.stream, log.last, visibility, signal, (lines) => {
          brokenStreams = 0;
          log = append(log, lines);
          say('live');
        });
        if (how === 'hidden') continue;
        if (how !== 'end') brokenStreams++;
      }
      await wait(every, signal);
    } catch (error) {
      if (signal.aborted) return;
      errors++;
      say(started || errors > 1 ? 'retrying' : 'loading', error);
      await wait(Math.min(every * 2 ** (errors - 1), LONGEST_WAIT), signal);
    }
  }
}

/** Reads what is new. Who is further behind than the window is wide starts again from the newest lines. */
async function catchUp(source: LogSource, log: LogBuffer, signal: AbortSignal): Promise<LogBuffer> {
  if (log.last === 0) return append(log, await source.page(undefined, signal));
  const lines = await source.page(log.last, signal);
  if (lines.length < KEPT_LINES) return append(log, lines);
  return replaceTail(append(log, lines), await source.page(undefined, signal));
}

/** Runs one stream; hidden when the page went out of sight, broken when it failed. */
async function streamed(
  stream: NonNullable<LogSource['stream']>,
  after: number,
  visibility: Visibility,
  signal: AbortSignal,
  push: (lines: readonly LogLine[]) => void,
): Promise<'end' | 'closed' | 'hidden' | 'broken'> {
  const hidden = new AbortController();
  const leave = visibility.subscribe(() => visibility.hidden() && hidden.abort());
  const either = AbortSignal.any([signal, hidden.signal]);
  try {
    return await stream(after, push, either);
  } catch {
    if (hidden.signal.aborted || signal.aborted) return 'hidden';
    return 'broken';
  } finally {
    leave();
  }
}

/** Waits until the page can be seen, or the signal is aborted. */
function seen(visibility: Visibility, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      leave();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const leave = visibility.subscribe(() => !visibility.hidden() && done());
    signal.addEventListener('abort', done);
    if (signal.aborted || !visibility.hidden()) done();
  });
}

/** Waits, or less when the signal is aborted. */
function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}
