import { describe, expect, it } from 'vitest';

import { endedAt, hasSchema, isOver, runIsOver, statusOf } from './status';

describe('the status of a restore', () => {
  it.each([
    ['pending', 'Restore pending', 'Restore pending', 'In progress'],
    ['running', 'Restore in progress', 'Restore in progress', 'In progress'],
    ['stopping', 'Stopping', 'Stopping', 'Stopping'],
    ['completed', 'Restore completed', 'Restore completed', 'Restore completed'],
    ['completedWithErrors', 'Restore completed with errors', 'Restore completed with errors', 'Restore completed with errors'],
    ['terminated', 'Restore terminated', 'Restore terminated', 'Restore terminated'],
    ['error', 'Restore Error', 'Restore error', 'Restore error'],
    ['something new', 'Restore in progress', 'Restore in progress', 'In progress'],
  ])('%s reads as each page says it', (state, onPage, inGrid, inHistory) => {
    expect(statusOf(state, 'restore').word).toBe(onPage);
    expect(statusOf(state, 'grid').word).toBe(inGrid);
    expect(statusOf(state, 'history').word).toBe(inHistory);
  });

  it('says when it ended only where something ran', () => {
    const at = '2026-07-01T10:00:00Z';
    expect(endedAt({ state: 'error', endedAt: at })).toBeUndefined();
    expect(endedAt({ state: 'error', startedAt: at, endedAt: at })).toBe(at);
    expect(endedAt({ state: 'terminated', endedAt: at })).toBe(at);
    expect(endedAt({ state: 'running', startedAt: at, endedAt: at })).toBeUndefined();
  });

  it('links to the new schema only when it is complete', () => {
    const target = { url: 'https://globex.example/schema/7', schemaId: '7' };
    expect(hasSchema({ state: 'completed', target })).toBe(true);
    expect(hasSchema({ state: 'completedWithErrors', target })).toBe(true);
    expect(hasSchema({ state: 'running', target })).toBe(false);
    expect(hasSchema({ state: 'completed', target: {} })).toBe(false);
  });

  it('goes on while it is stopping or interrupted', () => {
    expect(isOver('stopping')).toBe(false);
    expect(['queued', 'running', 'stopping', 'stopped', 'terminated', 'succeeded', 'partial', 'failed'].filter(runIsOver)).toEqual([
      'terminated',
      'succeeded',
      'partial',
      'failed',
    ]);
  });
});
