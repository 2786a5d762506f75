import type { IncomingMessage, ServerResponse } from 'node:http';
import { getResponse, type RequestHandler } from 'msw';
import { type Plugin, runnerImport } from 'vite';

/** Answers /api of the development and preview servers from src/mock, so that the pages can be looked at without a service. */
export function pretendApi(): Plugin {
  let handlers: Promise<RequestHandler[]> | undefined;
  const load = () =>
    (handlers ??= runnerImport<{ handlers: RequestHandler[] }>('./src/mock/server.ts', { configFile: false }).then((m) => m.module.handlers));

  async function answer(req: IncomingMessage, res: ServerResponse, next: () => void) {
    const url = new URL(req.url ?? '/', `http://${req.headers.host ?? 'localhost'}`);
    if (!url.pathname.startsWith('/api/')) return next();
    const body: Buffer[] = [];
    for await (const chunk of req) body.push(chunk as Buffer);
    const request = new Request(url, {
      method: req.method,
      headers: Object.entries(req.headers).flatMap(([k, v]) => (typeof v === 'string' ? [[k, v] as [string, string]] : [])),
      body: body.length > 0 ? Buffer.concat(body) : undefined,
    });
    const response = (await getResponse(await load(), request)) ?? new Response('not found', { status: 404 });
    res.writeHead(response.status, Object.fromEntries(response.headers));
    res.end(Buffer.from(await response.arrayBuffer()));
  }

  return {
    name: 'stowage-pretend-api',
    configureServer: (server) => void server.middlewares.use((req, res, next) => void answer(req, res, next)),
    configurePreviewServer: (server) => void server.middlewares.use((req, res, next) => void answer(req, res, next)),
  };
}
