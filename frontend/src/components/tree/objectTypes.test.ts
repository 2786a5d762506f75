import { describe, expect, it } from 'vitest';

import { ancestors, buildForest, complete, countSelected, matching, parents, tickOf, toggle, type ObjectType } from './objectTypes';

const types: ObjectType[] = [
  { id: '3', name: 'Laptop', parentId: '2', objects: 120 },
  { id: '1', name: 'Hardware', objects: 5 },
  { id: '2', name: 'Computer', parentId: '1', objects: 10 },
  { id: '4', name: 'Server', parentId: '2', objects: 30 },
  { id: '5', name: 'Software', objects: 7 },
];
const forest = buildForest(types);
const node = (id: string) => forest.byId.get(id)!;

describe('the forest of object types', () => {
  it('shows parents before their children, whatever the order of the list', () => {
    expect(forest.order.map((n) => [n.id, n.depth])).toEqual([
      ['1', 0],
      ['2', 1],
      ['3', 2],
      ['4', 2],
      ['5', 0],
    ]);
    expect(parents(forest)).toEqual(['1', '2']);
  });

  it('loses no type when a parent is missing or parents form a ring', () => {
    const odd = buildForest([
      { id: 'a', name: 'A', parentId: 'b', objects: 1 },
      { id: 'b', name: 'B', parentId: 'a', objects: 1 },
      { id: 'c', name: 'C', parentId: 'gone', objects: 1 },
      { id: 'd', name: 'D', parentId: 'd', objects: 1 },
      { id: 'e', name: 'E', parentId: 'a', objects: 1 },
    ]);
    expect(odd.order.map((n) => n.id).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

describe('a selection of object types', () => {
  it('takes the parents of a selected child with it', () => {
    const selected = toggle(forest, new Set(), '3');
    expect([...selected].sort()).toEqual(['1', '2', '3']);
    expect(tickOf(node('1'), selected)).toBe('some');
    expect(tickOf(node('2'), selected)).toBe('some');
    expect(tickOf(node('3'), selected)).toBe('on');
    expect(tickOf(node('4'), selected)).toBe('off');
    expect(countSelected(forest, selected)).toEqual({ types: 3, objects: 135 });
  });

  it('takes everything below a selected parent, and lets go of it again', () => {
    const selected = toggle(forest, new Set(), '1');
    expect([...selected].sort()).toEqual(['1', '2', '3', '4']);
    expect(tickOf(node('1'), selected)).toBe('on');
    expect([...toggle(forest, selected, '1')]).toEqual([]);
  });

  it('completes a partly selected parent first', () => {
    const some = toggle(forest, new Set(), '3');
    expect([...toggle(forest, some, '2')].sort()).toEqual(['1', '2', '3', '4']);
  });

  it('keeps a parent whose last child is taken away', () => {
    const selected = toggle(forest, toggle(forest, new Set(), '3'), '3');
    expect([...selected].sort()).toEqual(['1', '2']);
    expect(tickOf(node('2'), selected)).toBe('some');
  });

  it('drops what the backup does not have and adds missing parents when it is read back', () => {
    expect([...complete(forest, ['4', '99'])].sort()).toEqual(['1', '2', '4']);
    expect(ancestors(forest, '4')).toEqual(['2', '1']);
    expect([...toggle(forest, new Set(['5']), '99')]).toEqual(['5']);
  });

  it('finds types by a part of their name, with the way to them', () => {
    expect([...matching(forest, ' serv ')].sort()).toEqual(['1', '2', '4']);
    expect(matching(forest, '').size).toBe(5);
    expect(matching(forest, 'nothing').size).toBe(0);
  });
});
