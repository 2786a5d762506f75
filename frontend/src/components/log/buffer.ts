import { z } from 'zod';

export type Outcome = 'ok' | 'failed' | 'skipped' | 'warned';

/** One line of the log of a run. */
export interface LogLine {
  seq: number;
  outcome: Outcome;
  stage?: string | undefined;
  kind?: string | undefined;
  key?: string | undefined;
  attribute?: string | undefined;
  cause?: string | undefined;
  message: string;
  at?: string | undefined;
}

/** How many lines the live log keeps; the whole log can be downloaded. */
export const KEPT_LINES = 500;

/** The newest lines of a log: immutable, ascending by seq, without gaps at its end. */
export interface LogBuffer {
  lines: readonly LogLine[];
  /** The seq to ask for more after; 0 before anything came. */
  last: number;
  /** How many lines came and went out of the window again. */
  dropped: number;
}

export const emptyLog: LogBuffer = { lines: [], last: 0, dropped: 0 };

/** Whether the lines at hand are all there are. */
export function isWhole(buffer: LogBuffer): boolean {
  return buffer.dropped === 0 && (buffer.lines[0]?.seq ?? 1) === 1;
}

/** Adds lines. Those that are there already are ignored, so that a page may be asked for twice. */
export function append(buffer: LogBuffer, lines: readonly LogLine[]): LogBuffer {
  const fresh = lines.filter((l) => l.seq > buffer.last).sort((a, b) => a.seq - b.seq);
  const unique = fresh.filter((l, i) => i === 0 || l.seq !== fresh[i - 1]!.seq);
  if (unique.length === 0) return buffer;
  const all = [...buffer.lines, ...unique];
  const over = Math.max(0, all.length - KEPT_LINES);
  return { lines: over > 0 ? all.slice(over) : all, last: unique[unique.length - 1]!.seq, dropped: buffer.dropped + over };
}

/**
 * Starts again from the newest lines of the log, after more was missed than the window holds. What was missed in between
 * is counted as gone, so that the window stays without a gap.
 */
export function replaceTail(buffer: LogBuffer, tail: readonly LogLine[]): LogBuffer {
  const sorted = [...tail].sort((a, b) => a.seq - b.seq).slice(-KEPT_LINES);
  const newest = sorted[sorted.length - 1];
  if (!newest || newest.seq <= buffer.last) return buffer;
  const before = buffer.dropped + buffer.lines.length;
  const overlap = buffer.lines.filter((l) => l.seq >= sorted[0]!.seq).length;
  return { lines: sorted, last: newest.seq, dropped: before - overlap };
}

/** What the log shows: the outcomes chosen (none chosen means all) and a text, searched in everything that is visible. */
export interface LogFilter {
  outcomes: ReadonlySet<Outcome>;
  text: string;
}

export const noFilter: LogFilter = { outcomes: new Set(), text: '' };

/** The words of a text that is searched for; a line has to have all of them. */
export function wordsOf(text: string): string[] {
  return text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
}

export function filterLines(lines: readonly LogLine[], filter: LogFilter): readonly LogLine[] {
  const words = wordsOf(filter.text);
  if (words.length === 0 && filter.outcomes.size === 0) return lines;
  return lines.filter((line) => {
    if (filter.outcomes.size > 0 && !filter.outcomes.has(line.outcome)) return false;
    const text = [line.key, line.kind, line.attribute, line.message].join(' ').toLocaleLowerCase();
    return words.every((w) => text.includes(w));
  });
}

/** How many lines of each outcome there are. */
export function countOutcomes(lines: readonly LogLine[]): Record<Outcome, number> {
  const counts: Record<Outcome, number> = { ok: 0, failed: 0, skipped: 0, warned: 0 };
  for (const line of lines) counts[line.outcome]++;
  return counts;
}

/**
 * What a line says to people. The site's refusal of an object comes with the key of the object before it and its reasons in
 * JSON: here the key stands beside it, and the reasons are sentences.
 */
export function textOf({ key, message }: Pick<LogLine, 'key' | 'message'>): string {
  const rest = key && message.startsWith(`${key} `) ? message.slice(key.length + 1) : message;
  const refusal = readRefusal(rest);
  if (!refusal) return rest;
  const { errorMessages = [], errors = {} } = refusal;
  const reasons = [...errorMessages, ...Object.entries(errors).map(([attribute, reason]) => `${attribute}: ${reason}`)];
  return reasons.length > 0 ? reasons.join(' ') : rest;
}

const refusalShape = z.object({ errorMessages: z.array(z.string()).optional(), errors: z.record(z.string(), z.string()).optional() });

function readRefusal(text: string): z.infer<typeof refusalShape> | undefined {
  if (!text.startsWith('{"')) return undefined;
  try {
    return refusalShape.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
