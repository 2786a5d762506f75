import createClient, { type Client } from 'openapi-fetch';
import { createContext, useContext } from 'react';
import type { Host } from '../lib/host';
import { ApiProblem } from './problem';
import type { paths } from './schema';

export type Api = Client<paths>;

/** A POST carries a key, so that sending it again after a lost answer does not do the thing twice. */
const AGAIN_AFTER = 1000;

/** How long an answer is waited for. Trying credentials on a slow site takes the service the longest: half a minute. */
const PATIENCE = 60_000;

const unreachable = () => new ApiProblem({ status: 0, code: 'unreachable', message: '' });

/** Makes the client of the API: a fresh token on every request, an idempotency key on every POST. */
export function createApi(host: Host, options: { again?: number; patience?: number } = {}): Api {
  const { again = AGAIN_AFTER, patience = PATIENCE } = options;

  async function send(request: Request): Promise<Response> {
    const token = await host.token();
    if (token) request.headers.set('Authorization', `JWT ${token}`);
    request.headers.set('Accept', 'application/json');
    if (request.method === 'POST') request.headers.set('Idempotency-Key', crypto.randomUUID());
    const second = request.method === 'POST' ? request.clone() : null;
    try {
      return await host.fetch(request);
    } catch (error) {
      if (request.signal.aborted) throw error;
      if (second) {
        await new Promise((resolve) => setTimeout(resolve, again));
        try {
          return await host.fetch(second);
        } catch {
          // Told below, as for any other request.
        }
      }
      throw unreachable();
    }
  }

  /** Neither a page around that gives no token nor a network that swallows answers leaves anybody waiting for ever. */
  async function inTime(request: Request): Promise<Response> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(unreachable()), patience);
    });
    try {
      return await Promise.race([send(request), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  return createClient<paths>({ baseUrl: host.apiRoot, fetch: inTime });
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a good answer; any other answer is thrown as an `ApiProblem`. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (response.ok) return data as T;
  throw ApiProblem.from(response.status, error, response.headers.get('X-Request-Id'));
}

export const ApiContext = createContext<Api | null>(null);

/** The client of the API. */
export function useApi(): Api {
  const api = useContext(ApiContext);
  if (!api) throw new Error('useApi needs an ApiContext above it');
  return api;
}
