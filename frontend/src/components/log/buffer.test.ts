import { describe, expect, it } from 'vitest';

import { append, countOutcomes, emptyLog, filterLines, isWhole, textOf, KEPT_LINES, noFilter, replaceTail, type LogLine, type Outcome } from './buffer';

const line = (seq: number, outcome: Outcome = 'ok', extra: Partial<LogLine> = {}): LogLine => ({
  seq,
  outcome,
  key: `ITSM-${seq}`,
  kind: 'object',
  message: outcome === 'ok' ? "{ message: 'OK' }" : 'Invalid values (ten)',
  at: '2026-07-01T10:00:00Z',
  ...extra,
});
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => line(from + i));

describe('the live log', () => {
  it('keeps the last 500 lines and says how many it let go', () => {
    const log = append(append(emptyLog, range(1, 400)), range(401, 700));
    expect(log.lines).toHaveLength(KEPT_LINES);
    expect(log.lines[0]!.seq).toBe(201);
    expect(log.last).toBe(700);
    expect(log.dropped).toBe(200);
  });

  it('takes a page that overlaps or is out of order only once', () => {
    const log = append(append(emptyLog, range(1, 10)), [line(12), line(11), line(10), line(12)]);
    expect(log.lines.map((l) => l.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(append(log, range(1, 12))).toBe(log);
  });

  it('has no gap after more was missed than it holds', () => {
    const log = replaceTail(append(emptyLog, range(1, 300)), range(2001, 2500));
    expect(log.lines.map((l) => l.seq)).toEqual(range(2001, 2500).map((l) => l.seq));
    expect(log.last).toBe(2500);
    expect(log.dropped).toBe(300);
  });

  it('knows whether there are older lines than those at hand', () => {
    expect(isWhole(emptyLog)).toBe(true);
    expect(isWhole(append(emptyLog, range(1, 500)))).toBe(true);
    expect(isWhole(append(emptyLog, range(1, 501)))).toBe(false);
    expect(isWhole(append(emptyLog, range(2, 30)))).toBe(false);
  });

  it('counts nothing twice when the tail overlaps what is there', () => {
    const log = replaceTail(append(emptyLog, range(1, 300)), range(201, 400));
    expect(log.dropped).toBe(200);
    expect(log.lines).toHaveLength(200);
    expect(replaceTail(log, range(1, 10))).toBe(log);
  });

  it('finds lines by outcome and by words in key, attribute and message', () => {
    const lines = [line(1), line(2, 'failed', { attribute: 'Cost centre' }), line(3, 'warned'), line(4, 'failed')];
    expect(filterLines(lines, noFilter)).toBe(lines);
    expect(filterLines(lines, { outcomes: new Set<Outcome>(['failed', 'warned']), text: '' }).map((l) => l.seq)).toEqual([2, 3, 4]);
    expect(filterLines(lines, { outcomes: new Set(), text: 'COST  invalid' }).map((l) => l.seq)).toEqual([2]);
    expect(filterLines(lines, { outcomes: new Set<Outcome>(['ok']), text: 'itsm-4' })).toEqual([]);
    expect(countOutcomes(lines)).toEqual({ ok: 1, failed: 2, skipped: 0, warned: 1 });
  });

  it.each([
    ["{ message: 'OK' }", "{ message: 'OK' }"],
    ['ITSM-7 {"errorMessages":[],"errors":{"attribute-404":"Invalid values (ten)","attribute-405":"\'Tag\' has to be unique"}}', "attribute-404: Invalid values (ten) attribute-405: 'Tag' has to be unique"],
    ['ITSM-7 {"errorMessages":["not restored yet"],"errors":{}}', 'not restored yet'],
    ['ITSM-7 {"errorMessages":[],"errors":{}}', '{"errorMessages":[],"errors":{}}'],
    ['ITSM-70 is another object', 'ITSM-70 is another object'],
    ['{"errors": 7', '{"errors": 7'],
    ['{"errors":{"a":7}}', '{"errors":{"a":7}}'],
  ])('says %s as people read it', (message, text) => {
    expect(textOf({ key: 'ITSM-7', message })).toBe(text);
  });
});
