import { http, HttpResponse, type RequestHandler } from 'msw';
import type { Connection, Run, Schema, SchemaInstance, Session, Target } from '../api/types';

const HERE: SchemaInstance = { id: 'current', name: 'acme', url: 'https://acme.atlassian.net' };

export function aRun(over: Partial<Run> = {}): Run {
  return {
    id: 'run-1',
    kind: 'backup',
    state: 'running',
    actor: '5b10ac8d82e05b22cc7d4ef5',
    canResume: false,
    canStop: true,
    createdAt: '2026-11-20T09:00:00Z',
    startedAt: '2026-11-20T09:00:01Z',
    stages: [],
    progress: { done: 700, total: 1240, rate: 16.4, secondsLeft: 33, created: 700, skipped: 0, failed: 0, warned: 0 },
    subject: {},
    ...over,
  };
}

export function aSchema(over: Partial<Schema> = {}): Schema {
  const id = over.id ?? 'schema-1';
  return {
    id,
    schemaId: '7',
    key: 'ITSM',
    name: 'IT Service Management',
    description: '',
    objects: 1240,
    instance: HERE,
    location: 'Cloud',
    status: 'Active',
    backups: { state: 'Disabled' },
    assetsUrl: `https://acme.atlassian.net/jira/assets/object-schema/${id}`,
    ...over,
  };
}

export function aTarget(over: Partial<Target> = {}): Target {
  return {
    id: 'target-1',
    name: 'globex',
    location: 'Cloud',
    url: 'https://globex.atlassian.net',
    workspaceId: '9d1c70a5-66f8-3c01-a2d7-e5bbf2584dc3',
    email: 'admin@globex.example',
    tokenHint: 'x7Qa',
    createdAt: '2026-10-02T08:15:00Z',
    updatedAt: '2026-10-02T08:15:00Z',
    ...over,
  };
}

export function aConnection(over: Partial<Connection> = {}): Connection {
  return {
    siteUrl: HERE.url,
    workspaceId: '3b3b70a5-66f8-3c01-a2d7-e5bbf2584dc3',
    email: 'admin@acme.example',
    tokenHint: 'k3Zt',
    accountName: 'Ada Admin',
    storage: { kind: 'builtin', label: 'Cloud (EU, Germany)' },
    syncedAt: '2026-11-20T08:00:00Z',
    checkedAt: '2026-11-20T08:00:00Z',
    ...over,
  };
}

export function aSession(over: Partial<Session> = {}): Session {
  return {
    tenant: { siteUrl: HERE.url, displayUrl: HERE.url, name: 'acme' },
    user: { accountId: '5b10ac8d82e05b22cc7d4ef5' },
    licence: { state: 'active', canRun: true },
    setup: { step: 'done' },
    version: '1.0.0',
    storage: { kind: 'builtin', label: 'Cloud (EU, Germany)' },
    features: { attachments: false, dataCenter: false, existingSchema: false, instances: true, ownStorage: false, schedules: false },
    ...over,
  };
}

interface FieldError {
  location: string;
  message: string;
  code?: string;
  link?: string;
}

export function problem(status: number, code: string, detail: string, errors: FieldError[] = []) {
  return HttpResponse.json(
    { type: 'about:blank', title: 'Not done', status, code, detail, requestId: 'req-7Hq2', errors },
    { status, headers: { 'Content-Type': 'application/problem+json' } },
  );
}

/**
 * A service which answers as the real one does and keeps what it is told, for tests and for looking at pages without one.
 * The token `wrong` and the workspace `wrong` are refused.
 */
export class FakeStowage {
  session = aSession();
  connection: Connection | null = aConnection();
  schemas: Schema[] = [];
  targets: Target[] = [];
  runs = new Map<string, Run>();
  /** What a backup that is started does; tests may let it fail. */
  onBackup: (schema: Schema) => Response | null = () => null;
  /** How many looks at a run it takes to end; the first one still finds it in the queue. */
  patience = 3;
  private count = 0;
  private looks = new Map<string, number>();

  /** A site that was set up, with one schema of each kind. */
  static example(): FakeStowage {
    const fake = new FakeStowage();
    const failed = { at: '2026-11-19T22:10:00Z', message: 'Assets answered “401 Unauthorized” to every request. Check the API token in Edit configuration, then start the backup again.' };
    fake.schemas = [
      aSchema({ id: 's1', lastBackup: { id: 'b1', at: '2026-11-20T02:30:00Z' }, backups: { state: 'Auto', nextAt: '2026-11-21T02:30:00Z' } }),
      aSchema({ id: 's2', schemaId: '8', key: 'HR', name: 'Human Resources', objects: 310, lastError: failed, lastBackup: { id: 'b2', at: '2026-11-12T02:30:00Z' } }),
      aSchema({ id: 's3', schemaId: '9', key: 'FAC', name: 'Facilities', objects: 90_000, backups: { state: 'In Progress' }, run: aRun({ id: 'run-fac', subject: { schemaId: 's3' } }) }),
      aSchema({ id: 's4', schemaId: '10', key: 'NET', name: 'Network', objects: 5200, backups: { state: 'Pending' }, run: aRun({ id: 'run-net', state: 'queued', queuePosition: 2, subject: { schemaId: 's4' } }) }),
      aSchema({ id: 's5', schemaId: '3', key: 'OLD', name: 'Old hardware', objects: 42, status: 'Deleted', lastBackup: { id: 'b5', at: '2026-06-01T10:00:00Z' } }),
      aSchema({ id: 's6', key: 'LEG', name: 'Legal', status: 'Sync Error', syncError: 'The account of the connection may not see this schema. Give it the Object Schema User role, then sync again.' }),
      aSchema({ id: 's7', key: 'GLX', name: 'Globex assets', status: 'Inactive', location: 'Another Cloud', instance: { id: 'target-9', name: 'globex-old', url: 'https://globex-old.atlassian.net' } }),
    ];
    for (const schema of fake.schemas) if (schema.run) fake.runs.set(schema.run.id, schema.run);
    fake.targets = [aTarget(), aTarget({ id: 'target-2', name: 'globex sandbox', url: 'https://globex-sandbox.atlassian.net', createdAt: '2026-11-01T12:00:00Z' })];
    return fake;
  }

  /** A site on which nothing was set up yet. */
  static empty(): FakeStowage {
    const fake = new FakeStowage();
    fake.connection = null;
    fake.session = aSession({ setup: { step: 'credentials' } });
    return fake;
  }

  handlers(root: string): RequestHandler[] {
    const at = (path: string) => `${root}${path}`;
    return [
      http.get(at('/session'), () => HttpResponse.json(this.session)),
      http.get(at('/connection'), () => (this.connection ? HttpResponse.json(this.connection) : problem(404, 'not-connected', 'There is no connection yet.'))),
      http.post(at('/connection/check'), async ({ request }) => {
        const body = (await request.json()) as { email: string; token?: string; workspaceId?: string };
        return this.refuse(body) ?? HttpResponse.json({ siteUrl: HERE.url, workspaceId: aConnection().workspaceId, accountName: 'Ada Admin', accountId: this.session.user.accountId });
      }),
      http.post(at('/connection/workspace'), async ({ request }) => this.refuse((await request.json()) as { token?: string }) ?? HttpResponse.json({ workspaceId: aConnection().workspaceId })),
      http.put(at('/connection'), async ({ request }) => {
        const body = (await request.json()) as { email: string; token?: string; workspaceId: string };
        const refused = this.refuse(body);
        if (refused) return refused;
        const first = !this.connection;
        const { storage, ...rest } = this.connection ?? aConnection({ storage: undefined, syncedAt: undefined });
        this.connection = { ...rest, ...(storage ? { storage } : {}), email: body.email, workspaceId: body.workspaceId, tokenHint: body.token?.slice(-4) ?? rest.tokenHint };
        if (first) this.step('storage');
        return HttpResponse.json(this.connection);
      }),
      http.put(at('/connection/storage'), () => {
        if (!this.connection) return problem(404, 'not-connected', 'There is no connection yet.');
        this.connection = { ...this.connection, storage: { kind: 'builtin', label: 'Cloud (EU, Germany)' } };
        if (this.session.setup.step === 'storage') this.step('sync');
        return HttpResponse.json(this.connection);
      }),
      http.delete(at('/connection'), () => {
        this.connection = null;
        this.schemas = [];
        this.step('credentials');
        return new HttpResponse(null, { status: 204 });
      }),
      http.post(at('/sync'), () => {
        if (!this.session.licence.canRun) return problem(402, 'licence', this.session.licence.notice ?? 'There is no licence.');
        const run = this.start({ kind: 'sync', progress: { done: 0, total: 7, rate: 0, created: 0, skipped: 0, failed: 0, warned: 0 } });
        if (this.connection) this.connection = { ...this.connection, sync: run };
        return HttpResponse.json(run, { status: 202 });
      }),
      http.get(at('/schemas'), ({ request }) => this.list(new URL(request.url).searchParams)),
      http.get(at('/schemas/:id'), ({ params }) => {
        const schema = this.schemas.find((s) => s.id === params.id);
        return schema ? HttpResponse.json(schema) : problem(404, 'not-found', 'This schema is not here any more.');
      }),
      http.delete(at('/schemas/:id'), async ({ params, request }) => {
        const { confirmName } = (await request.json()) as { confirmName: string };
        const schema = this.schemas.find((s) => s.id === params.id);
        if (schema?.name !== confirmName) return problem(422, 'confirm', 'The name does not match.', [{ location: 'body.confirmName', message: 'The name does not match.' }]);
        this.schemas = this.schemas.filter((s) => s !== schema);
        return new HttpResponse(null, { status: 204 });
      }),
      http.post(at('/schemas/:id/backups'), ({ params }) => {
        const schema = this.schemas.find((s) => s.id === params.id);
        if (!schema) return problem(404, 'not-found', 'This schema is not here any more.');
        const refused = this.onBackup(schema);
        if (refused) return refused;
        const run = this.start({ kind: 'backup', subject: { schemaId: schema.id } });
        this.change(schema.id, { run, backups: { state: 'Pending' } });
        return HttpResponse.json({ run, backupId: 'b-new' }, { status: 202 });
      }),
      http.get(at('/runs/:id'), ({ params }) => {
        const run = this.runs.get(String(params.id));
        if (!run) return problem(404, 'not-found', 'This run is not here any more.');
        this.advance(run.id);
        return HttpResponse.json(this.runs.get(run.id));
      }),
      http.post(at('/runs/:id/stop'), ({ params }) => {
        const run = this.runs.get(String(params.id));
        if (!run) return problem(404, 'not-found', 'This run is not here any more.');
        const stopped: Run = { ...run, state: run.state === 'queued' ? 'terminated' : 'stopping', canStop: false, stopRequestedAt: '2026-11-20T09:01:00Z' };
        this.put(stopped);
        return HttpResponse.json(stopped);
      }),
      http.get(at('/targets'), () => HttpResponse.json({ items: this.targets, total: this.targets.length })),
      http.post(at('/targets/check'), async ({ request }) => {
        const body = (await request.json()) as { token?: string; workspaceId?: string; url: string };
        return this.refuse(body) ?? HttpResponse.json({ siteUrl: body.url, workspaceId: aTarget().workspaceId, accountName: 'Grace Globex', accountId: 'a2' });
      }),
      http.post(at('/targets'), async ({ request }) => {
        const { token, ...body } = (await request.json()) as { name: string; email: string; url: string; token?: string; workspaceId?: string };
        const refused = this.refuse({ ...body, ...(token ? { token } : {}) });
        if (refused) return refused;
        this.count += 1;
        const target = aTarget({ ...body, id: `target-new-${this.count}`, tokenHint: token?.slice(-4) ?? '' });
        this.targets = [...this.targets, target];
        return HttpResponse.json(target, { status: 201 });
      }),
      http.put(at('/targets/:id'), async ({ params, request }) => {
        const { token, ...body } = (await request.json()) as { name: string; email: string; url: string; token?: string; workspaceId?: string };
        const refused = this.refuse({ ...body, ...(token ? { token } : {}) });
        if (refused) return refused;
        const old = this.targets.find((t) => t.id === params.id);
        if (!old) return problem(404, 'not-found', 'This instance is not here any more.');
        const target = { ...old, ...body, tokenHint: token?.slice(-4) ?? old.tokenHint };
        this.targets = this.targets.map((t) => (t === old ? target : t));
        return HttpResponse.json(target);
      }),
      http.delete(at('/targets/:id'), ({ params }) => {
        this.targets = this.targets.filter((t) => t.id !== params.id);
        return new HttpResponse(null, { status: 204 });
      }),
    ];
  }

  private refuse(body: { token?: string; workspaceId?: string; url?: string }) {
    const errors: FieldError[] = [];
    if (body.token === 'wrong') {
      const message = 'The site does not accept this token for this account. Create a new token, or check that it belongs to the email above.';
      errors.push({ location: 'body.token', message, code: 'credentials', link: 'https://id.atlassian.com/manage-profile/security/api-tokens' });
    }
    if (body.workspaceId === 'wrong') errors.push({ location: 'body.workspaceId', message: 'This is not the workspace of acme.atlassian.net. Let Stowage find it, or copy it from the address below.', code: 'workspace' });
    if (body.url?.includes('nowhere')) errors.push({ location: 'body.url', message: 'No site answers at this address. Check its spelling.', code: 'unreachable' });
    return errors.length > 0 ? problem(422, 'invalid', 'Some of the fields are not right.', errors) : null;
  }

  private step(step: Session['setup']['step']) {
    this.session = { ...this.session, setup: { step } };
  }

  private list(query: URLSearchParams) {
    const like = query.get('q')?.toLowerCase();
    const found = this.schemas.filter(
      (s) =>
        (!like || s.name.toLowerCase().includes(like)) &&
        (!query.get('instance') || s.instance.id === query.get('instance')) &&
        (!query.get('location') || s.location === query.get('location')) &&
        (!query.get('status') || s.status === query.get('status')) &&
        (query.get('hideDeleted') !== 'true' || s.status !== 'Deleted'),
    );
    const first = Number(query.get('cursor') ?? 0);
    const limit = Number(query.get('limit') ?? 25);
    for (const schema of found) if (schema.run) this.advance(schema.run.id);
    const ids = new Set(found.slice(first, first + limit).map((s) => s.id));
    const instances = [...new Map(this.schemas.map((s) => [s.instance.id, s.instance])).values()];
    return HttpResponse.json({
      items: this.schemas.filter((s) => ids.has(s.id)),
      total: found.length,
      instances,
      ...(first + limit < found.length ? { next: String(first + limit) } : {}),
    });
  }

  private start(over: Partial<Run>): Run {
    this.count += 1;
    const run = aRun({ id: `run-new-${this.count}`, state: 'queued', ...over, createdAt: new Date().toISOString() });
    this.put(run);
    return run;
  }

  private change(id: string, over: Partial<Schema>) {
    this.schemas = this.schemas.map((s) => (s.id === id ? { ...s, ...over } : s));
  }

  private put(run: Run) {
    this.runs.set(run.id, run);
    if (run.subject.schemaId) this.change(run.subject.schemaId, { run });
  }

  /** Every look at a run moves it on, but those of the example, which stand still to be looked at. */
  private advance(id: string) {
    const run = this.runs.get(id);
    if (!run || !(id.startsWith('run-new') || run.state === 'stopping') || ['succeeded', 'terminated'].includes(run.state)) return;
    if (run.state === 'stopping') return this.end({ ...run, state: 'terminated' });
    const looks = (this.looks.get(id) ?? 0) + 1;
    this.looks.set(id, looks);
    const { total } = run.progress;
    if (looks === 1) return;
    if (looks >= this.patience) return this.end({ ...run, state: 'succeeded', progress: { ...run.progress, done: total } });
    this.put({ ...run, state: 'running', progress: { ...run.progress, done: Math.round((total * looks) / this.patience), secondsLeft: (this.patience - looks) * 2 } });
    if (run.subject.schemaId) this.change(run.subject.schemaId, { backups: { state: 'In Progress' } });
  }

  private end(run: Run) {
    this.put(run);
    const now = new Date().toISOString();
    if (run.subject.schemaId) {
      this.schemas = this.schemas.map((s) => {
        if (s.id !== run.subject.schemaId) return s;
        const { run: _over, ...rest } = s;
        return { ...rest, backups: { state: 'Disabled' }, ...(run.state === 'succeeded' ? { lastBackup: { id: 'b-new', at: now } } : {}) };
      });
    }
    if (run.kind === 'sync' && this.connection) {
      const { sync: _sync, ...rest } = this.connection;
      this.connection = { ...rest, syncedAt: now };
      if (this.schemas.length === 0) this.schemas = FakeStowage.example().schemas;
      this.step('done');
    }
  }
}
