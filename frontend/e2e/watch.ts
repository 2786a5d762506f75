import type { BrowserContext, ConsoleMessage, Frame, Page, Request, Response } from '@playwright/test';

interface Allowed {
  status: number;
  path: RegExp;
}

/** Where the app stands, from the addresses of its frame: the part after the # without ids and filters. */
export function placeOf(url: string): string | undefined {
  const { pathname, hash } = new URL(url);
  if (!pathname.endsWith('/app/admin')) return undefined;
  const [path = '/', search = ''] = (hash.slice(1) || '/').split('?');
  const step = new URLSearchParams(search).get('step')?.replaceAll('"', '');
  const general = path
    .replace(/^\/schemas\/[^/]+\//, '/schemas/:id/')
    .replace(/^\/(restore|restores)\/[^/]+$/, '/$1/:id');
  return step ? `${general}?step=${step}` : general;
}

/**
 * Watches everything a browser does: what the pages write to the console, which requests they make and how these end.
 * What nobody expected is a fault.
 */
export class Watch {
  readonly faults: string[] = [];
  /** The places of the app that were shown, each with an address in it to come back to. */
  readonly visited = new Map<string, string>();
  private readonly allowed: Allowed[] = [];

  /** Watches a context; its pages may speak to the given origins only. */
  constructor(
    context: BrowserContext,
    private readonly origins: readonly string[],
  ) {
    context.on('console', (message) => this.heard(message));
    context.on('weberror', (error) => this.faults.push(`an error nobody caught: ${error.error().stack ?? error.error().message}`));
    context.on('request', (request) => this.asked(request));
    context.on('requestfailed', (request) => this.unanswered(request));
    context.on('response', (response) => this.answered(response));
    context.on('page', (page: Page) => page.on('framenavigated', (frame) => this.moved(frame)));
  }

  /** Expects answers that are errors: the refusals a test is about. */
  allow(status: number, path: RegExp): void {
    this.allowed.push({ status, path });
  }

  private heard(message: ConsoleMessage): void {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    // Every host of Connect apps has to give them both rights, and Chromium says so each time.
    if (message.text().startsWith('An iframe which has both allow-scripts and allow-same-origin')) return;
    // The browser's own line about an answer that is an error; the answers themselves are judged one by one.
    if (message.text().startsWith('Failed to load resource: the server responded with a status of')) return;
    this.faults.push(`the console has ${message.type() === 'error' ? 'an error' : 'a warning'}: ${message.text()} (${message.location().url})`);
  }

  private asked(request: Request): void {
    const url = new URL(request.url());
    if (url.protocol === 'data:' || url.protocol === 'blob:') return;
    if (!this.origins.includes(url.origin)) this.faults.push(`a request left for ${request.url()}`);
  }

  private unanswered(request: Request): void {
    // A page that is left takes its requests with it, and so does a log that is closed.
    const reason = request.failure()?.errorText ?? '';
    if (reason !== 'net::ERR_ABORTED') this.faults.push(`${request.method()} ${request.url()} failed: ${reason}`);
  }

  private answered(response: Response): void {
    const status = response.status();
    if (status < 400) return;
    const path = new URL(response.url()).pathname;
    if (!this.allowed.some((a) => a.status === status && a.path.test(path))) {
      this.faults.push(`${response.request().method()} ${response.url()} was answered with ${status}`);
    }
  }

  private moved(frame: Frame): void {
    const place = placeOf(frame.url());
    if (frame.parentFrame() === null && /jwt/i.test(frame.url())) this.faults.push(`a token stands in the address of the page around: ${frame.url()}`);
    if (place) this.visited.set(place, new URL(frame.url()).hash.slice(1));
  }
}
