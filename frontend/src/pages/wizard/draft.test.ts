import { describe, expect, it } from 'vitest';

import { allowedStep, checkKey, checkName, emptyDraft, isDone, keepDraft, problemsOf, readDraft, suggest, wishOf, wishText, withDestination, type Draft, type Known } from './draft';

const known: Known = { historyReady: true, targets: ['t1'], inUse: { names: ['IT assets'], keys: ['ITA'] } };
const draft = (change: Partial<Draft> = {}): Draft => ({ ...emptyDraft, destination: 'current', schemaName: 'IT assets restored', schemaKey: 'ITAR', ...change });

describe('the target of a restore', () => {
  it.each([
    ['', 'key-missing'],
    ['a', 'key-characters'],
    ['It', 'key-characters'],
    ['IT-A', 'key-characters'],
    ['1TA', 'key-start'],
    ['I', 'key-length'],
    ['ABCDEFGHIJKLMNOPQRSTU', 'key-length'],
    ['ITA', 'key-taken'],
    ['AB', undefined],
    ['ABCDEFGHIJKLMNOPQRST', undefined],
    ['A1', undefined],
  ])('judges the key %j as %s', (key, problem) => {
    expect(checkKey(key, known.inUse)).toBe(problem);
  });

  it.each([
    ['  ', 'name-missing'],
    ['Who?', 'name-forbidden'],
    ['v1.2', 'name-forbidden'],
    ['x'.repeat(255), 'name-long'],
    ['x'.repeat(254), undefined],
    [' it ASSETS ', 'name-taken'],
    ['Größe & Fläche (DE)', undefined],
  ])('judges the name %j as %s', (name, problem) => {
    expect(checkName(name, known.inUse)).toBe(problem);
  });

  it('must name an instance that is still in the list', () => {
    const elsewhere = draft({ destination: 'instance' });
    expect(problemsOf('target', elsewhere, known)).toEqual({ targetId: 'target-missing' });
    expect(problemsOf('target', { ...elsewhere, targetId: 'gone' }, known)).toEqual({ targetId: 'target-gone' });
    expect(isDone('target', { ...elsewhere, targetId: 't1' }, known)).toBe(true);
    expect(isDone('target', { ...elsewhere, targetId: 'gone' }, { ...known, targets: undefined })).toBe(true);
  });

  it('may carry the name of the source on another instance, but not on the current one', () => {
    const same = { schemaName: 'IT assets', schemaKey: 'ITA' };
    expect(problemsOf('target', draft(same), known)).toEqual({ schemaName: 'name-taken', schemaKey: 'key-taken' });
    expect(isDone('target', draft({ ...same, destination: 'instance', targetId: 't1' }), known)).toBe(true);
  });

  it('is suggested in a form that is allowed, again and again', () => {
    const source = { name: 'IT: assets', key: 'ITA' };
    expect([1, 2, 3].map((nth) => suggest(source, 'current', nth))).toEqual([
      { name: 'IT assets restored', key: 'ITAR' },
      { name: 'IT assets restored 2', key: 'ITAR2' },
      { name: 'IT assets restored 3', key: 'ITAR3' },
    ]);
    expect(suggest(source, 'instance')).toEqual({ name: 'IT assets', key: 'ITA' });
    const long = suggest({ name: 'n'.repeat(254), key: 'ABCDEFGHIJKLMNOPQRST' }, 'current', 12);
    expect([checkName(long.name), checkKey(long.key)]).toEqual([undefined, undefined]);
    expect(long.key).toBe('ABCDEFGHIJKLMNOPQR12');
  });

  it('follows the destination as long as nobody has named it', () => {
    const suggestions = { current: { name: 'IT assets restored', key: 'ITAR' }, instance: { name: 'IT assets', key: 'ITA' } };
    const first = withDestination(emptyDraft, 'current', suggestions);
    expect(first).toMatchObject({ destination: 'current', schemaName: 'IT assets restored', schemaKey: 'ITAR' });
    expect(withDestination(first, 'instance', suggestions)).toMatchObject({ schemaName: 'IT assets', schemaKey: 'ITA' });
    expect(withDestination({ ...first, schemaKey: 'OWN' }, 'instance', suggestions)).toMatchObject({ schemaName: 'IT assets', schemaKey: 'OWN' });
  });
});

describe('the wizard', () => {
  it('shows no step behind an unfinished one', () => {
    expect(allowedStep('review', emptyDraft, known)).toBe('destination');
    expect(allowedStep('review', draft({ schemaKey: 'x' }), known)).toBe('target');
    expect(allowedStep('review', draft({ chooseTypes: true }), known)).toBe('options');
    expect(allowedStep('review', draft(), known)).toBe('review');
    expect(allowedStep('target', draft(), known)).toBe('target');
    expect(allowedStep('nonsense', draft(), known)).toBe('destination');
    expect(allowedStep(undefined, draft(), known)).toBe('destination');
  });

  it('asks for icons only on another instance and for history only when it is there', () => {
    const all = draft({ icons: true, history: true, types: ['2', '1'] });
    expect(wishOf('b', all, known)).toEqual({
      backupId: 'b',
      destination: 'current',
      schemaName: 'IT assets restored',
      schemaKey: 'ITAR',
      icons: false,
      history: true,
      users: 'all-or-nothing',
      matchUsers: 'name',
    });
    const elsewhere = wishOf('b', { ...all, destination: 'instance', targetId: 't1', chooseTypes: true }, { ...known, historyReady: false });
    expect(elsewhere).toMatchObject({ destination: 'instance', targetId: 't1', icons: true, history: false, objectTypes: ['1', '2'] });
  });

  it('needs no new plan for the same wishes', () => {
    const one = wishText(wishOf('b', draft({ chooseTypes: true, types: ['2', '1'] }), known));
    const two = wishText(wishOf('b', draft({ chooseTypes: true, types: ['1', '2'], icons: true }), known));
    expect(one).toBe(two);
    expect(wishText(wishOf('b', draft({ users: 'partial' }), known))).not.toBe(wishText(wishOf('b', draft(), known)));
  });
});

describe('a draft that is kept', () => {
  const storage = () => {
    const kept = new Map<string, string>();
    return {
      kept,
      getItem: (k: string) => kept.get(k) ?? null,
      setItem: (k: string, v: string) => void kept.set(k, v),
      removeItem: (k: string) => void kept.delete(k),
    };
  };

  it('is found again after a refresh, for its own backup only', () => {
    const s = storage();
    keepDraft('b1', draft(), s);
    expect(readDraft('b1', s)).toEqual(draft());
    expect(readDraft('b2', s)).toEqual(emptyDraft);
    keepDraft('b1', null, s);
    expect(readDraft('b1', s)).toEqual(emptyDraft);
  });

  it('is forgotten rather than believed when it is not of this form', () => {
    const s = storage();
    s.kept.set('stowage.restore.b1', '{"destination":"moon"}');
    s.kept.set('stowage.restore.b2', 'not json');
    expect(readDraft('b1', s)).toEqual(emptyDraft);
    expect(readDraft('b2', s)).toEqual(emptyDraft);
  });

  it('does without a storage that refuses', () => {
    const refuse = () => {
      throw new DOMException('denied', 'SecurityError');
    };
    expect(() => keepDraft('b1', draft(), { setItem: refuse, removeItem: refuse })).not.toThrow();
    expect(readDraft('b1', { getItem: refuse })).toEqual(emptyDraft);
  });
});
