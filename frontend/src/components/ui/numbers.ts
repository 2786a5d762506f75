import type { IntlShape } from 'react-intl';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** Bytes in the unit that leaves one to three digits before the point. */
export function formatBytes(intl: IntlShape, bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return intl.formatNumber(value, { style: 'unit', unit: UNITS[unit], unitDisplay: unit === 0 ? 'long' : 'short', maximumFractionDigits: unit === 0 || value >= 100 ? 0 : 1 });
}

/** A span of time, as coarse as a person would say it. */
export function formatSpan(intl: IntlShape, seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return intl.formatMessage({ id: 'numbers.seconds', defaultMessage: '{n, number} s' }, { n: whole });
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return intl.formatMessage({ id: 'numbers.minutes', defaultMessage: '{n, number} min' }, { n: minutes });
  return intl.formatMessage({ id: 'numbers.hours', defaultMessage: '{h, number} h {m, number} min' }, { h: Math.floor(minutes / 60), m: minutes % 60 });
}
