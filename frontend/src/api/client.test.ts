import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { API, fakeHost } from '../test/render';
import { server } from '../test/server';
import { createApi, unwrap } from './client';
import { ApiProblem } from './problem';

const client = (tokens: string[] = ['one', 'two']) => createApi(fakeHost({ token: () => Promise.resolve(tokens.shift() ?? null) }), { again: 1 });

describe('the client of the API', () => {
  it('asks for a fresh token for every request', async () => {
    const seen: (string | null)[] = [];
    server.use(
      http.get(`${API}/targets`, ({ request }) => {
        seen.push(request.headers.get('Authorization'));
        return HttpResponse.json({ items: [], total: 0 });
      }),
    );
    const api = client();
    await unwrap(api.GET('/targets'));
    await unwrap(api.GET('/targets'));
    expect(seen).toEqual(['JWT one', 'JWT two']);
  });

  it('sends a lost POST again once, with the same idempotency key', async () => {
    const seen: (string | null)[] = [];
    server.use(
      http.post(`${API}/sync`, ({ request }) => {
        seen.push(request.headers.get('Idempotency-Key'));
        return seen.length === 1 ? HttpResponse.error() : HttpResponse.json({ run: {} }, { status: 202 });
      }),
    );
    await unwrap(client().POST('/sync'));
    expect(seen).toHaveLength(2);
    expect(seen[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen[1]).toBe(seen[0]);
  });

  it('says that the service cannot be reached when no answer comes', async () => {
    server.use(http.get(`${API}/session`, () => HttpResponse.error()));
    await expect(unwrap(client().GET('/session'))).rejects.toMatchObject({ status: 0, code: 'unreachable' });
  });

  it('says the same when an answer, or the token to ask with, takes for ever', async () => {
    const never = new Promise<never>(() => undefined);
    const silent = createApi(fakeHost({ fetch: () => never }), { patience: 5 });
    await expect(unwrap(silent.GET('/session'))).rejects.toMatchObject({ status: 0, code: 'unreachable' });
    const tokenless = createApi(fakeHost({ token: () => never }), { patience: 5 });
    await expect(unwrap(tokenless.GET('/session'))).rejects.toMatchObject({ status: 0, code: 'unreachable' });
  });

  it('turns a problem into an error with its fields', async () => {
    server.use(
      http.post(`${API}/connection/check`, () =>
        HttpResponse.json(
          { title: 'Unprocessable', status: 422, detail: 'Look at the fields.', code: 'invalid', requestId: 'r1', errors: [{ location: 'body.email', message: 'No such account.', code: 'credentials', link: 'https://id.atlassian.com' }] },
          { status: 422, headers: { 'Content-Type': 'application/problem+json' } },
        ),
      ),
    );
    const failure = await unwrap(client().POST('/connection/check', { body: { email: 'a@b.c', token: 't' } })).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApiProblem);
    expect(failure).toMatchObject({ status: 422, code: 'invalid', message: 'Look at the fields.', requestId: 'r1', fields: { email: { message: 'No such account.', link: 'https://id.atlassian.com' } } });
  });

  it('survives an answer that is no problem document', async () => {
    server.use(http.get(`${API}/session`, () => new HttpResponse('<h1>Bad gateway</h1>', { status: 502 })));
    await expect(unwrap(client().GET('/session'))).rejects.toMatchObject({ status: 502, code: 'unknown' });
  });
});
