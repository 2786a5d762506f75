import { describe, expect, it } from 'vitest';

import { fraction, historyMinutes, readableRate, spanLeft, spanTaken } from './format';

describe('times and rates for people', () => {
  it.each([
    [-3, { unit: 'moment' }],
    [4.9, { unit: 'moment' }],
    [12, { unit: 'seconds', seconds: 15 }],
    [59, { unit: 'seconds', seconds: 60 }],
    [61, { unit: 'minutes', minutes: 2 }],
    [3541, { unit: 'hours', hours: 1, minutes: 0 }],
    [5400, { unit: 'hours', hours: 1, minutes: 30 }],
    [Number.NaN, { unit: 'moment' }],
  ])('says what is left of %s seconds, rounded up', (seconds, span) => {
    expect(spanLeft(seconds)).toEqual(span);
  });

  it('says how long something took', () => {
    expect(spanTaken(0.4)).toEqual({ unit: 'moment' });
    expect(spanTaken(42.4)).toEqual({ unit: 'seconds', seconds: 42 });
    expect(spanTaken(3600 * 2 + 61)).toEqual({ unit: 'hours', hours: 2, minutes: 1 });
  });

  it('gives slow rates per minute and fast ones per second', () => {
    expect(readableRate(16.66)).toEqual({ per: 'second', value: 17 });
    expect(readableRate(0.5)).toEqual({ per: 'minute', value: 30 });
    expect(readableRate(0.02)).toEqual({ per: 'minute', value: 1.2 });
    expect(readableRate(0)).toBeNull();
    expect(readableRate(Number.POSITIVE_INFINITY)).toBeNull();
  });

  it('is not complete before everything is done', () => {
    expect(fraction(9999, 10000)).toBe(0.999);
    expect(fraction(10000, 10000)).toBe(1);
    expect(fraction(12, 10)).toBe(1);
    expect(fraction(0, 0)).toBeNull();
    expect(fraction(-1, 10)).toBe(0);
  });

  it('estimates the history as five minutes and one per thousand objects', () => {
    expect(historyMinutes(0)).toBe(5);
    expect(historyMinutes(1)).toBe(6);
    expect(historyMinutes(90_000)).toBe(95);
  });
});
