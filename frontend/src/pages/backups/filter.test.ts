import { describe, expect, it } from 'vitest';

import { backupSearch, momentsOf } from './filter';

describe('the filter of the backups', () => {
  it('means whole days of the calendar of the user', () => {
    expect(momentsOf({ from: '2026-07-01', to: '2026-07-01' }, 'Europe/Berlin')).toEqual({ from: '2026-06-30T22:00:00.000Z', to: '2026-07-01T22:00:00.000Z' });
    expect(momentsOf({ from: '2026-12-31', to: '2026-12-31' }, 'America/New_York')).toEqual({ from: '2026-12-31T05:00:00.000Z', to: '2027-01-01T05:00:00.000Z' });
    expect(momentsOf({ from: '2026-07-01' }, 'UTC')).toEqual({ from: '2026-07-01T00:00:00.000Z' });
    expect(momentsOf({}, 'UTC')).toEqual({});
  });

  it('knows days of 23 and of 25 hours', () => {
    expect(momentsOf({ from: '2026-03-29', to: '2026-03-29' }, 'Europe/Berlin')).toEqual({ from: '2026-03-28T23:00:00.000Z', to: '2026-03-29T22:00:00.000Z' });
    expect(momentsOf({ from: '2026-10-25', to: '2026-10-25' }, 'Europe/Berlin')).toEqual({ from: '2026-10-24T22:00:00.000Z', to: '2026-10-25T23:00:00.000Z' });
  });

  it('ignores what an address cannot mean', () => {
    expect(backupSearch.parse({ trigger: 'Sometimes', from: 'yesterday', to: '2026-02-31' })).toEqual({});
    expect(backupSearch.parse({ trigger: 'Manual', from: '2026-02-28' })).toEqual({ trigger: 'Manual', from: '2026-02-28' });
  });
});
