import { z } from 'zod';

/** The steps of the restore wizard, in order. */
export const STEPS = ['destination', 'target', 'options', 'review'] as const;
export type Step = (typeof STEPS)[number];

/** The step stands in the address, so that a refresh and the way back work. */
export const wizardSearch = z.object({ step: z.enum(STEPS).optional().catch(undefined) });

const draftShape = z.object({
  destination: z.enum(['current', 'instance']).nullable(),
  targetId: z.string(),
  schemaName: z.string(),
  schemaKey: z.string(),
  /** Whether only some of the object types are wanted; `types` is kept while it is off. */
  chooseTypes: z.boolean(),
  types: z.array(z.string()),
  icons: z.boolean(),
  history: z.boolean(),
  users: z.enum(['all-or-nothing', 'partial']),
  matchUsers: z.enum(['name', 'account']),
  /** The plan made for exactly the wishes in `planFor`. */
  planId: z.string(),
  planFor: z.string(),
});

/** What the person in front of the wizard has decided so far. */
export type Draft = z.infer<typeof draftShape>;

export const emptyDraft: Draft = {
  destination: null,
  targetId: '',
  schemaName: '',
  schemaKey: '',
  chooseTypes: false,
  types: [],
  icons: false,
  history: false,
  users: 'all-or-nothing',
  matchUsers: 'name',
  planId: '',
  planFor: '',
};

/** What the API is asked to plan. */
export interface PlanWish {
  backupId: string;
  destination: 'current' | 'instance';
  targetId?: string;
  schemaName: string;
  schemaKey: string;
  objectTypes?: string[];
  icons: boolean;
  history: boolean;
  users: Draft['users'];
  matchUsers: Draft['matchUsers'];
}

/** Names and keys that were found to be in use on the current instance. */
export interface InUse {
  names: readonly string[];
  keys: readonly string[];
}

export const nothingInUse: InUse = { names: [], keys: [] };

/** What a schema is called. */
export interface Named {
  name: string;
  key: string;
}

/** What is known about the backup and the two sites, to check a draft against. */
export interface Known {
  historyReady: boolean;
  /** The ids of the target instances that still exist; undefined while they are being read. */
  targets?: readonly string[] | undefined;
  inUse?: InUse | undefined;
}

/** What can be wrong with a field of a step. A destination is always chosen: the first one until somebody takes another. */
export type Problem =
  | 'target-missing'
  | 'target-gone'
  | 'name-missing'
  | 'name-forbidden'
  | 'name-long'
  | 'name-taken'
  | 'key-missing'
  | 'key-start'
  | 'key-characters'
  | 'key-length'
  | 'key-taken'
  | 'types-none';
export type Problems = Partial<Record<'targetId' | 'schemaName' | 'schemaKey' | 'types', Problem>>;

/** Characters that Assets refuses in the name of a schema. */
const FORBIDDEN = /[=;:?."]/;

export function checkName(name: string, { names }: InUse = nothingInUse): Problem | undefined {
  const text = name.trim();
  if (!text) return 'name-missing';
  if (FORBIDDEN.test(text)) return 'name-forbidden';
  if (text.length >= 255) return 'name-long';
  if (names.some((used) => used.trim().toLowerCase() === text.toLowerCase())) return 'name-taken';
  return undefined;
}

/** A schema key is 2 to 20 capital letters and digits and begins with a letter. */
export function checkKey(key: string, { keys }: InUse = nothingInUse): Problem | undefined {
  if (!key) return 'key-missing';
  if (/[^A-Z0-9]/.test(key)) return 'key-characters';
  if (!/^[A-Z]/.test(key)) return 'key-start';
  if (key.length < 2 || key.length > 20) return 'key-length';
  if (keys.includes(key)) return 'key-taken';
  return undefined;
}

/** What has to be put right before the step can be left. */
export function problemsOf(step: Step, draft: Draft, known: Known): Problems {
  const problems: Problems = {};
  if (step === 'target') {
    if (draft.destination === 'instance') {
      if (!draft.targetId) problems.targetId = 'target-missing';
      else if (known.targets && !known.targets.includes(draft.targetId)) problems.targetId = 'target-gone';
    }
    const inUse = draft.destination === 'current' ? known.inUse : undefined;
    const name = checkName(draft.schemaName, inUse);
    const key = checkKey(draft.schemaKey, inUse);
    if (name) problems.schemaName = name;
    if (key) problems.schemaKey = key;
  }
  if (step === 'options' && draft.chooseTypes && draft.types.length === 0) problems.types = 'types-none';
  return problems;
}

export function isDone(step: Step, draft: Draft, known: Known): boolean {
  return Object.keys(problemsOf(step, draft, known)).length === 0;
}

/** The step that may be shown when one is asked for, by address or by refresh: never one behind an unfinished step. */
export function allowedStep(wanted: string | undefined, draft: Draft, known: Known): Step {
  const index = STEPS.indexOf(wanted as Step);
  if (index < 0 || !draft.destination) return STEPS[0];
  for (const step of STEPS.slice(0, index)) if (!isDone(step, draft, known)) return step;
  return STEPS[index]!;
}

/** What the plan is asked for. Options that do not apply to the destination, or cannot be had yet, are not sent. */
export function wishOf(backupId: string, draft: Draft, known: Known): PlanWish {
  const elsewhere = draft.destination === 'instance';
  return {
    backupId,
    destination: elsewhere ? 'instance' : 'current',
    ...(elsewhere ? { targetId: draft.targetId } : {}),
    schemaName: draft.schemaName.trim(),
    schemaKey: draft.schemaKey,
    ...(draft.chooseTypes ? { objectTypes: [...draft.types].sort() } : {}),
    icons: elsewhere && draft.icons,
    history: known.historyReady && draft.history,
    users: draft.users,
    matchUsers: draft.matchUsers,
  };
}

/** Two wishes with the same text have the same plan. */
export function wishText(wish: PlanWish): string {
  return JSON.stringify(wish);
}

/** A name and a key that may be free, the first, second and so on. On another instance they are those of the source itself. */
export function suggest(source: Named, destination: 'current' | 'instance', nth = 1): Named {
  const name = source.name.replace(/[=;:?."]/g, ' ').replace(/\s+/g, ' ').trim();
  const key = source.key.toUpperCase().replace(/[^A-Z0-9]/g, '').replace(/^[0-9]+/, '');
  if (destination === 'instance') return { name, key: key.slice(0, 20) };
  const again = nth === 1 ? '' : String(nth);
  return { name: `${name.slice(0, 240)} restored ${again}`.trim(), key: `${key.slice(0, 19 - again.length)}R${again}` };
}

/** What is suggested for each destination. */
export type Suggestions = Record<'current' | 'instance', Named>;

/** A draft with another destination. Names that nobody changed follow it. */
export function withDestination(draft: Draft, destination: 'current' | 'instance', suggestions: Suggestions): Draft {
  const before = draft.destination ? suggestions[draft.destination] : undefined;
  const after = suggestions[destination];
  const follow = (text: string, old: string | undefined, suggested: string) => (!text || text === old ? suggested : text);
  return { ...draft, destination, schemaName: follow(draft.schemaName, before?.name, after.name), schemaKey: follow(draft.schemaKey, before?.key, after.key) };
}

const keyOf = (backupId: string) => `stowage.restore.${backupId}`;

/** Reads the draft of a backup that an earlier page kept. Whatever cannot be read is as if nothing had been kept. */
export function readDraft(backupId: string, storage: Pick<Storage, 'getItem'> | undefined): Draft {
  try {
    const text = storage?.getItem(keyOf(backupId));
    const parsed = text ? draftShape.safeParse(JSON.parse(text)) : undefined;
    return parsed?.success ? parsed.data : emptyDraft;
  } catch {
    return emptyDraft;
  }
}

/** Keeps the draft for a refresh. A browser that forbids it costs the draft, not the wizard. */
export function keepDraft(backupId: string, draft: Draft | null, storage: Pick<Storage, 'setItem' | 'removeItem'> | undefined): void {
  try {
    if (draft) storage?.setItem(keyOf(backupId), JSON.stringify(draft));
    else storage?.removeItem(keyOf(backupId));
  } catch {
    // Private windows and full storages refuse; the draft then lives as long as the page.
  }
}
