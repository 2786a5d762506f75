import { http, HttpResponse, type RequestHandler } from 'msw';

import type { Backup, Plan, Restore, Run } from '../api/types';
import { aRun, problem } from './fake';

const SITE = 'https://acme.atlassian.net';

/** The object types of the example, in three levels. */
export const exampleTypes: Backup['objectTypes'] = [
  { id: '20', name: 'Hardware', objects: 12 },
  { id: '21', name: 'Computer', parentId: '20', objects: 40 },
  { id: '22', name: 'Laptop', parentId: '21', objects: 412 },
  { id: '23', name: 'Server', parentId: '21', objects: 310 },
  { id: '24', name: 'Network device', parentId: '20', objects: 96 },
  { id: '25', name: 'Printer', parentId: '20', objects: 38 },
  { id: '30', name: 'Software', objects: 104 },
  { id: '31', name: 'Operating system', parentId: '30', objects: 14 },
  { id: '32', name: 'Licence', parentId: '30', objects: 88 },
  { id: '40', name: 'Business service', objects: 21 },
  { id: '41', name: 'Person', objects: 89 },
  { id: '42', name: 'Office', objects: 16 },
];

export function aBackup(over: Partial<Backup> = {}): Backup {
  return {
    id: 'b4',
    number: 4,
    schemaId: 's1',
    trigger: 'Manual',
    description: '',
    state: 'complete',
    objects: 1240,
    bytes: 604_160,
    skipped: 0,
    failed: 0,
    phases: [
      { name: 'objects', state: 'complete', done: 1240, total: 1240, failed: 0 },
      { name: 'history', state: 'complete', done: 1240, total: 1240, failed: 0 },
      { name: 'issues', state: 'complete', done: 57, total: 57, failed: 0 },
    ],
    objectTypes: [],
    createdAt: '2026-11-20T02:30:00Z',
    startedAt: '2026-11-20T02:30:01Z',
    finishedAt: '2026-11-20T02:31:40Z',
    restorable: true,
    ...over,
  };
}

/** The stages of a restore in their order, with how many things each has. */
const STAGES: readonly (readonly [string, number])[] = [
  ['Restoring Icons', 0],
  ['Restoring Schema', 1],
  ['Restoring global config', 0],
  ['Restoring global status types', 3],
  ['Restoring schema status types', 2],
  ['Restoring reference types', 4],
  ['Restoring global reference types', 1],
  ['Restoring object types', 12],
  ['Restoring attributes', 130],
  ['Restoring object entries', 1240],
  ['Restoring object references', 12],
  ['Proving', 1240],
];

/** The stages as they are after so many things were done. */
export function stagesAfter(done: number): Run['stages'] {
  let left = done;
  let running = false;
  return STAGES.map(([name, total]) => {
    const here = Math.min(total, left);
    left -= here;
    if (here === total && !running) return { name, done: here, total, state: 'done' as const };
    const state = running ? ('pending' as const) : ('running' as const);
    running = true;
    return { name, done: here, total, state };
  });
}

export const ALL_STEPS = STAGES.reduce((sum, [, total]) => sum + total, 0);

/** A run of a restore after so many things were done. */
export function aRestoreRun(done: number, over: Partial<Run> = {}): Run {
  const stages = stagesAfter(done);
  const now = stages.find((s) => s.state === 'running');
  const objects = stages.find((s) => s.name === 'Restoring object entries')?.done ?? 0;
  const warned = Math.floor(objects / 150);
  const failed = Math.floor(objects / 400);
  return aRun({
    id: 'run-r3',
    kind: 'restore',
    state: now ? 'running' : 'succeeded',
    stages,
    ...(now ? { stage: now.name } : { endedAt: '2026-11-20T10:04:00Z', canStop: false }),
    progress: {
      done: now?.done ?? 0,
      total: now?.total ?? 0,
      rate: 16.4,
      ...(now ? { secondsLeft: Math.round((now.total - now.done) / 16.4) } : {}),
      created: objects - failed,
      skipped: 0,
      failed,
      warned,
    },
    subject: { schemaId: 's1', backupId: 'b4', restoreId: 'r3' },
    ...over,
  });
}

export function aRestore(over: Partial<Restore> = {}): Restore {
  return {
    id: 'r3',
    number: 3,
    backupId: 'b4',
    source: { schemaId: 's1', name: 'IT Service Management', key: 'ITSM', url: `${SITE}/jira/assets/object-schema/7` },
    destination: 'current',
    target: { siteUrl: SITE, schemaId: '21', schemaName: 'IT Service Management restored', schemaKey: 'ITSMR', url: `${SITE}/jira/assets/object-schema/21` },
    options: { icons: false, history: true, users: 'all-or-nothing', matchUsers: 'name', duplicates: false },
    state: 'completed',
    message: 'Operation success',
    counts: { planned: 1240, created: 1240, skipped: 0, failed: 0 },
    proved: true,
    differences: 0,
    createdBy: '5b10ac8d82e05b22cc7d4ef5',
    createdAt: '2026-11-20T10:00:00Z',
    startedAt: '2026-11-20T10:00:02Z',
    endedAt: '2026-11-20T10:04:00Z',
    run: aRestoreRun(ALL_STEPS),
    restoredWith: 'Marketplace app',
    parts: [],
    ...over,
  };
}

export function aPlan(over: Partial<Plan> = {}, summary: Partial<NonNullable<Plan['summary']>> = {}): Plan {
  return {
    id: 'p1',
    backupId: 'b4',
    state: 'ready',
    summary: {
      destination: 'current',
      siteUrl: SITE,
      schemaName: 'IT Service Management restored',
      schemaKey: 'ITSMR',
      objectTypes: exampleTypes.map((t) => ({ ...t, objects: Number(t.objects), ...(t.parentId ? { parent: exampleTypes.find((p) => p.id === t.parentId)?.name ?? '' } : {}) })),
      unselected: [],
      counts: {
        objects: 1240,
        secondWrites: 12,
        predictedFailures: 3,
        references: 2480,
        referencesLost: 0,
        objectTypes: 12,
        attributes: 130,
        users: 14,
        usersMissing: 2,
        groups: 3,
        groupsMissing: 0,
        icons: 0,
      },
      stages: STAGES.slice(0, -1).map(([name, items]) => ({ name, items, create: items, update: 0, keep: name.includes('global') ? 2 : 0 })),
      calls: 1310,
      minutes: 1.6,
      findings: [
        {
          severity: 'failure',
          cause: 'value-too-long',
          kind: 'object',
          objectType: 'Server',
          attribute: 'Serial numbers',
          message: 'A text of 255 characters or more is refused by a Text attribute.',
          total: 3,
          examples: [
            { key: 'ITSM-117', message: '312 characters' },
            { key: 'ITSM-841', message: '260 characters' },
          ],
        },
        {
          severity: 'warning',
          cause: 'user-missing',
          kind: 'object',
          objectType: 'Laptop',
          attribute: 'Owner',
          message: 'The user does not exist on the target, so the attribute stays empty.',
          total: 17,
          examples: [
            { key: 'ITSM-17', message: 'Jan Novák' },
            { key: 'ITSM-19', message: 'Mia Berg' },
            { key: 'ITSM-23', message: 'Jan Novák' },
          ],
        },
        { severity: 'warning', cause: 'icon-missing', kind: 'icon', message: 'The icon “Rack” is not among the global icons of the target.', total: 1, examples: [] },
      ],
      ...summary,
    },
    ...over,
  };
}

type LogLine = { seq: number; outcome: 'ok' | 'failed' | 'skipped' | 'warned'; stage: string; kind: string; key: string; attribute?: string; cause?: string; message: string; at: string };

/** Line `seq` of the log of the example: always the same one. */
export function logLine(seq: number): LogLine {
  const line = { seq, stage: 'Restoring object entries', kind: 'object', key: `ITSM-${seq}`, at: new Date(Date.UTC(2026, 10, 20, 10, 0, 0) + seq * 61).toISOString() };
  if (seq % 400 === 0)
    return { ...line, outcome: 'failed', attribute: 'Serial numbers', cause: 'value-too-long', message: `{"errorMessages":[],"errors":{"attribute-18334":"Serial numbers - Text attribute value must be less than 255 characters long"}}` };
  if (seq % 150 === 0) return { ...line, outcome: 'warned', attribute: 'Owner', cause: 'user-missing', message: 'Jan Novák does not exist on the target; the attribute stays empty.' };
  return { ...line, outcome: 'ok', message: "{ message: 'OK' }" };
}

/** The backups, plans and restores of a service that is not there: enough to look at the pages, and to walk through them. */
export class FakeRestores {
  backups: Backup[] = [];
  restores: Restore[] = [];
  /** The names and keys in use on the site. */
  inUse = { names: ['IT Service Management', 'Human Resources'], keys: ['ITSM', 'HR'] };
  /** What POST /restores answers instead of starting; asked once for each call. */
  onRestore: () => Response | null = () => null;
  /** The bodies of POST /plans. */
  wishes: unknown[] = [];
  stopped: string[] = [];
  private plans = new Map<string, { plan: Plan; looks: number }>();
  /** Restores that move with the clock, by their id, and when they began. */
  private moving = new Map<string, number>();

  static example(): FakeRestores {
    const fake = new FakeRestores();
    fake.backups = Array.from({ length: 27 }, (_, i) => {
      const day = new Date(Date.UTC(2026, 10, 20 - i, 2, 30)).toISOString();
      return aBackup({ id: i === 0 ? 'b4' : `b-old-${i}`, number: 27 - i, trigger: 'Scheduled', createdAt: day, startedAt: day, finishedAt: day, objects: 1240 - i * 7 });
    });
    const [newest, second, third, fourth] = fake.backups;
    if (newest) Object.assign(newest, { trigger: 'Manual', description: 'Before the clean-up of old laptops', objectTypes: exampleTypes });
    if (second)
      Object.assign(second, {
        phases: [
          { name: 'history', state: 'running', done: 310, total: 1233, failed: 0 },
          { name: 'issues', state: 'pending', done: 0, total: 0, failed: 0 },
        ],
        objectTypes: exampleTypes,
      });
    if (third) Object.assign(third, { state: 'partial', failed: 4, phases: [{ name: 'history', state: 'incomplete', done: 1200, total: 1226, failed: 26 }] });
    if (fourth) Object.assign(fourth, { state: 'failed', restorable: false, notRestorableBecause: 'It is not complete.', message: 'The process was interrupted due to API or connectivity issues.', phases: [] });
    fake.backups.unshift(
      aBackup({
        id: 'b-now',
        number: 28,
        state: 'running',
        objects: 700,
        restorable: false,
        notRestorableBecause: 'Its objects are still being backed up.',
        phases: [{ name: 'history', state: 'pending', done: 0, total: 0, failed: 0 }],
        finishedAt: undefined,
        run: aRun({ id: 'run-b-now', stage: 'Backing up objects', stages: [{ name: 'Backing up objects', done: 700, total: 1240, state: 'running' }], subject: { schemaId: 's1', backupId: 'b-now' } }),
      }),
    );
    const target = (over: Partial<Restore['target']>): Restore['target'] => ({ ...aRestore().target, ...over });
    const failed = aRestoreRun(300, { id: 'run-r1', state: 'failed', endedAt: '2026-11-18T09:12:00Z', canStop: false, canResume: true });
    fake.restores = [
      aRestore({ id: 'r5', number: 5, state: 'pending', startedAt: undefined, endedAt: undefined, message: undefined, queuedBehind: 'run-r4', counts: { planned: 1240, created: 0, skipped: 0, failed: 0 }, proved: false, target: target({ schemaName: 'ITSM drill', schemaKey: 'DRILL', url: undefined }), run: aRun({ id: 'run-r5', kind: 'restore', state: 'queued', queuedBehind: 'run-r4', startedAt: undefined, progress: { done: 0, total: 0, rate: 0, created: 0, failed: 0, skipped: 0, warned: 0 } }) }),
      aRestore({ id: 'r4', number: 4, state: 'running', stage: 'Restoring object entries', endedAt: undefined, message: undefined, proved: false, run: aRestoreRun(640, { id: 'run-r4' }), counts: { planned: 1240, created: 486, skipped: 0, failed: 1 } }),
      aRestore(),
      aRestore({ id: 'r2', number: 2, destination: 'instance', state: 'completedWithErrors', message: '3 objects were refused by the target.', counts: { planned: 1240, created: 1237, skipped: 17, failed: 3 }, differences: 3, target: target({ siteUrl: 'https://globex.atlassian.net', name: 'globex', schemaName: 'IT Service Management', schemaKey: 'ITSM', url: 'https://globex.atlassian.net/jira/assets/object-schema/4' }), createdAt: '2026-11-19T14:00:00Z', startedAt: '2026-11-19T14:00:01Z', endedAt: '2026-11-19T14:05:31Z', run: aRestoreRun(ALL_STEPS, { id: 'run-r2', state: 'partial' }) }),
      aRestore({ id: 'r1', number: 1, state: 'error', message: 'A schema with the key ITSMR exists on acme.atlassian.net. Choose another key and restore again.', proved: false, startedAt: '2026-11-18T09:10:00Z', endedAt: '2026-11-18T09:12:00Z', counts: { planned: 1240, created: 146, skipped: 0, failed: 0 }, run: failed }),
      aRestore({ id: 'r0', number: 0, state: 'terminated', message: 'Stopped', proved: false, endedAt: '2026-11-17T16:20:00Z', startedAt: '2026-11-17T16:18:00Z', counts: { planned: 1240, created: 402, skipped: 0, failed: 0 }, run: aRestoreRun(560, { id: 'run-r0', state: 'terminated', endedAt: '2026-11-17T16:20:00Z', canStop: false, canResume: true }) }),
    ];
    return fake;
  }

  handlers(root: string): RequestHandler[] {
    const at = (path: string) => `${root}${path}`;
    const missing = () => problem(404, 'not-found', 'This is not here any more.');
    const backup = (id: unknown) => this.backups.find((b) => b.id === id);
    return [
      http.get(at('/schemas/names'), ({ request }) => {
        const query = new URL(request.url).searchParams;
        const name = query.get('name')?.toLowerCase();
        return HttpResponse.json({ name: this.inUse.names.some((used) => used.toLowerCase() === name), key: this.inUse.keys.includes(query.get('key') ?? '') });
      }),
      http.get(at('/schemas/:id/backups'), ({ params, request }) => {
        const query = new URL(request.url).searchParams;
        const from = query.get('from');
        const to = query.get('to');
        const trigger = query.get('trigger');
        const all = this.backups.filter(
          (b) => b.schemaId === params.id && (!trigger || b.trigger === trigger) && (!from || b.createdAt >= from) && (!to || b.createdAt < to),
        );
        return page(from || to ? all : all.slice(0, 50), query);
      }),
      http.get(at('/backups/:id'), ({ params }) => {
        const found = backup(params.id);
        return found ? HttpResponse.json(found) : missing();
      }),
      http.patch(at('/backups/:id'), async ({ params, request }) => {
        const found = backup(params.id);
        if (!found) return missing();
        const { description } = (await request.json()) as { description: string };
        this.backups = this.backups.map((b) => (b === found ? { ...b, description } : b));
        return HttpResponse.json(backup(params.id));
      }),
      http.delete(at('/backups/:id'), ({ params }) => {
        this.backups = this.backups.map((b) => (b.id === params.id ? { ...b, state: 'deleting', restorable: false, notRestorableBecause: 'It is being deleted.' } : b));
        return HttpResponse.json(aRun({ id: 'run-delete', kind: 'delete-backup', state: 'queued' }), { status: 202 });
      }),
      http.post(at('/plans'), async ({ request }) => {
        this.wishes.push(await request.json());
        const id = `p${this.wishes.length}`;
        this.plans.set(id, { plan: aPlan({ id }), looks: 0 });
        return HttpResponse.json({ planId: id, run: aRun({ id: `run-${id}`, kind: 'plan', state: 'queued' }) }, { status: 202 });
      }),
      http.get(at('/plans/:id'), ({ params }) => {
        const found = this.plans.get(String(params.id));
        if (!found) return missing();
        found.looks++;
        if (found.looks > 1) return HttpResponse.json(found.plan);
        const { summary: _later, ...plan } = found.plan;
        const stages = [{ name: 'Reading the backup', done: 620, total: 1240, state: 'running' as const }];
        return HttpResponse.json({ ...plan, state: 'pending', run: aRun({ id: `run-${plan.id}`, kind: 'plan', stages, stage: 'Reading the backup' }) });
      }),
      http.post(at('/restores'), () => {
        const refused = this.onRestore();
        if (refused) return refused;
        const number = this.restores.length + 1;
        const restore = aRestore({ id: `r-new-${number}`, number, state: 'pending', message: undefined, startedAt: undefined, endedAt: undefined, createdAt: new Date().toISOString(), proved: false });
        this.moving.set(restore.id, Date.now());
        this.restores = [restore, ...this.restores];
        return HttpResponse.json({ restore: this.now(restore), run: this.now(restore).run }, { status: 202 });
      }),
      http.get(at('/restores'), ({ request }) => {
        const query = new URL(request.url).searchParams;
        const schema = query.get('schemaId');
        return page(
          this.restores.filter((r) => !schema || r.source.schemaId === schema).map((r) => this.now(r)),
          query,
        );
      }),
      http.get(at('/restores/:id'), ({ params }) => {
        const found = this.restores.find((r) => r.id === params.id);
        return found ? HttpResponse.json(this.now(found)) : missing();
      }),
      http.get(at('/restores/:id/log.json'), () => HttpResponse.json(Array.from({ length: 20 }, (_, i) => ({ ObjectKey: `ITSM-${i + 1}`, Result: true, Message: "{ message: 'OK' }" })))),
      http.get(at('/runs/:id/log'), ({ params, request }) => {
        const query = new URL(request.url).searchParams;
        const restore = this.restores.find((r) => r.run?.id === params.id || `run-${r.id}` === params.id);
        const last = restore ? (this.now(restore).run?.stages.find((s) => s.name === 'Restoring object entries')?.done ?? 0) : 0;
        const text = query.get('q')?.toLowerCase();
        const outcomes = query.getAll('outcome');
        const after = Number(query.get('after') ?? Math.max(0, last - 500));
        const items = Array.from({ length: Math.max(0, last - after) }, (_, i) => logLine(after + 1 + i))
          .filter((line) => (!text || `${line.key} ${line.message} ${line.attribute}`.toLowerCase().includes(text)) && (outcomes.length === 0 || outcomes.includes(line.outcome)))
          .slice(0, 500);
        return HttpResponse.json({ items, last: items.at(-1)?.seq ?? after });
      }),
      http.get(at('/runs/:id/events'), () => new HttpResponse(null, { status: 404 })),
      http.get(at('/runs/:id'), ({ params }) => {
        const found = this.restores.find((r) => r.run?.id === params.id || `run-${r.id}` === params.id);
        return found ? HttpResponse.json(this.now(found).run) : undefined;
      }),
      http.post(at('/runs/:id/stop'), ({ params }) => {
        const id = String(params.id);
        const found = this.restores.find((r) => r.run?.id === id || `run-${r.id}` === id);
        const made = this.backups.find((b) => b.run?.id === id);
        if (!found && !made) return undefined;
        this.stopped.push(id);
        if (made?.run) {
          const run: Run = { ...made.run, state: 'terminated', canStop: false };
          this.backups = this.backups.map((b) => (b === made ? { ...b, state: 'terminated', run: undefined } : b));
          return HttpResponse.json(run);
        }
        if (!found) return missing();
        const now = this.now(found);
        this.moving.delete(found.id);
        const run: Run = { ...(now.run ?? aRestoreRun(0)), state: 'terminated', canStop: false, canResume: true, endedAt: new Date().toISOString() };
        this.restores = this.restores.map((r) => (r === found ? { ...now, state: 'terminated', run, endedAt: run.endedAt } : r));
        return HttpResponse.json(run);
      }),
      http.post(at('/runs/:id/resume'), ({ params }) => {
        const found = this.restores.find((r) => r.run?.id === params.id || `run-${r.id}` === params.id);
        if (!found) return undefined;
        this.moving.set(found.id, Date.now() - 20_000);
        return HttpResponse.json({ run: this.now(found).run }, { status: 202 });
      }),
    ];
  }

  /** A restore as it is by now: one that was started here is done after about a minute. */
  private now(restore: Restore): Restore {
    const began = this.moving.get(restore.id);
    if (began === undefined) return restore;
    const seconds = (Date.now() - began) / 1000;
    const id = restore.run && !restore.id.startsWith('r-new') ? restore.run.id : `run-${restore.id}`;
    if (seconds < 2) return { ...restore, run: aRestoreRun(0, { id, state: 'queued', queuePosition: 1, stages: [] }) };
    const done = Math.min(ALL_STEPS, Math.round((seconds - 2) * 45));
    const run = aRestoreRun(done, { id });
    const over = run.state === 'succeeded';
    const { message: _m, endedAt: _e, ...rest } = restore;
    return {
      ...rest,
      run,
      state: over ? 'completed' : 'running',
      ...(run.stage ? { stage: run.stage } : {}),
      ...(over ? { message: 'Operation success', endedAt: new Date(began + 62_000).toISOString(), proved: true } : {}),
      startedAt: new Date(began + 2000).toISOString(),
      counts: { planned: 1240, created: over ? 1240 : run.progress.created, skipped: 0, failed: over ? 0 : run.progress.failed },
    };
  }
}

function page<T>(all: readonly T[], query: URLSearchParams) {
  const first = Number(query.get('cursor') ?? 0);
  const limit = Number(query.get('limit') ?? 20);
  return HttpResponse.json({ items: all.slice(first, first + limit), total: all.length, ...(first + limit < all.length ? { next: String(first + limit) } : {}) });
}
