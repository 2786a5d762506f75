/** An object type of a backup as the API lists it. */
export interface ObjectType {
  id: string;
  name: string;
  parentId?: string | null | undefined;
  objects: number;
}

/** A node of the forest of object types. */
export interface TypeNode extends ObjectType {
  depth: number;
  children: TypeNode[];
}

export type Tick = 'on' | 'some' | 'off';

/**
 * The object types of a backup as a forest, with what a selection means. A selected child always brings its parents: a
 * child cannot exist without them. A parent may be selected without its children.
 */
export interface TypeForest {
  roots: TypeNode[];
  byId: ReadonlyMap<string, TypeNode>;
  /** Every type, parents before children, in the order they are shown. */
  order: TypeNode[];
}

/** Builds the forest. Types whose parent is missing, or who are their own ancestors, become roots: none is ever lost. */
export function buildForest(types: readonly ObjectType[]): TypeForest {
  const byId = new Map<string, TypeNode>();
  for (const type of types) byId.set(type.id, { ...type, depth: 0, children: [] });
  const roots: TypeNode[] = [];
  for (const node of byId.values()) {
    const parent = node.parentId ? byId.get(node.parentId) : undefined;
    if (parent && !leadsTo(parent, node.id, byId)) parent.children.push(node);
    else roots.push(node);
  }
  const order: TypeNode[] = [];
  const walk = (node: TypeNode, depth: number) => {
    node.depth = depth;
    order.push(node);
    for (const child of node.children) walk(child, depth + 1);
  };
  for (const root of roots) walk(root, 0);
  return { roots, byId, order };
}

function leadsTo(from: TypeNode, id: string, byId: ReadonlyMap<string, TypeNode>): boolean {
  const seen = new Set<string>();
  for (let node: TypeNode | undefined = from; node && !seen.has(node.id); ) {
    if (node.id === id) return true;
    seen.add(node.id);
    node = node.parentId ? byId.get(node.parentId) : undefined;
  }
  return false;
}

/** The node and everything below it. */
export function withDescendants(node: TypeNode): TypeNode[] {
  return [node, ...node.children.flatMap(withDescendants)];
}

/** The ids of the ancestors of a type, nearest first. */
export function ancestors(forest: TypeForest, id: string): string[] {
  const found: string[] = [];
  let node = forest.byId.get(id);
  while (node && node.depth > 0 && node.parentId) {
    found.push(node.parentId);
    node = forest.byId.get(node.parentId);
  }
  return found;
}

/** Adds the ancestors of what is selected and drops ids that the backup does not have. */
export function complete(forest: TypeForest, selected: Iterable<string>): Set<string> {
  const out = new Set<string>();
  for (const id of selected) {
    if (!forest.byId.has(id)) continue;
    out.add(id);
    for (const parent of ancestors(forest, id)) out.add(parent);
  }
  return out;
}

/** on: the type and all below it; some: the type alone or with a part of what is below it; off: not at all. */
export function tickOf(node: TypeNode, selected: ReadonlySet<string>): Tick {
  if (!selected.has(node.id)) return 'off';
  return withDescendants(node).every((n) => selected.has(n.id)) ? 'on' : 'some';
}

/** What a click on the checkbox of a type does: all of it and its parents, or, when it is all selected, none of it. */
export function toggle(forest: TypeForest, selected: ReadonlySet<string>, id: string): Set<string> {
  const node = forest.byId.get(id);
  const out = new Set(selected);
  if (!node) return out;
  const all = withDescendants(node);
  if (tickOf(node, selected) === 'on') {
    for (const n of all) out.delete(n.id);
    return out;
  }
  for (const n of all) out.add(n.id);
  for (const parent of ancestors(forest, id)) out.add(parent);
  return out;
}

/** Number of selected types and of the objects in them. */
export function countSelected(forest: TypeForest, selected: ReadonlySet<string>): { types: number; objects: number } {
  let types = 0;
  let objects = 0;
  for (const node of forest.order) {
    if (!selected.has(node.id)) continue;
    types++;
    objects += node.objects;
  }
  return { types, objects };
}

/** The ids of all types that have children. */
export function parents(forest: TypeForest): string[] {
  return forest.order.filter((n) => n.children.length > 0).map((n) => n.id);
}

/** The types whose name holds the text, with their ancestors; all types for an empty text. */
export function matching(forest: TypeForest, text: string): Set<string> {
  const wanted = text.trim().toLocaleLowerCase();
  if (!wanted) return new Set(forest.byId.keys());
  return complete(
    forest,
    forest.order.filter((n) => n.name.toLocaleLowerCase().includes(wanted)).map((n) => n.id),
  );
}
