import type { Host } from '../host';
import { documentTheme, onDocumentTheme, userSettings } from './browser';

/** The function that Forge puts into a Custom UI frame before any script of the app runs. */
export type CallBridge = <T>(command: string, data?: unknown) => Promise<T>;

declare global {
  interface Window {
    __bridge?: { callBridge: CallBridge };
  }
}

interface ForgeContext {
  locale?: string;
  timezone?: string;
}

interface ForgeHistory {
  location: { pathname: string; search: string };
  replace(path: string): void;
  listen(changed: (location: ForgeHistory['location']) => void): unknown;
}

interface ForgeAnswer {
  body: string | null;
  headers: Record<string, string>;
  status: number;
  statusText: string;
  /** Whether the body is that of a download: it crosses the bridge in base64. */
  isAttachment?: boolean;
}

function bodyOf({ body, isAttachment }: ForgeAnswer): BodyInit | null {
  if (!body || !isAttachment) return body || null;
  const bytes = atob(body.slice(body.indexOf(',') + 1));
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}

/** The key of the service in the Forge manifest. */
const REMOTE = 'stowage';

/**
 * The host inside Forge's Custom UI. It speaks to the bridge of the frame directly: Atlassian's package for it brings an
 * editor along. Requests go through the bridge, which signs them and does not stream.
 */
export async function forge(bridge: { callBridge: CallBridge } | undefined = window.__bridge): Promise<Host> {
  if (!bridge) throw new Error("Jira's bridge was not found. Open Stowage from the Apps menu of Jira, or reload the page.");
  const call = bridge.callBridge;
  await call('enableTheming');
  const context = await call<ForgeContext>('getContext');
  const history = await call<ForgeHistory>('createHistory').catch(() => null);
  history?.listen((location) => {
    history.location = location;
  });
  const browser = userSettings();
  let flags = 0;
  const open = (url: string) => void call('navigate', { url, type: 'new-tab' });

  return {
    kind: 'forge',
    locale: (context.locale ?? browser.locale).replace('_', '-'),
    timeZone: context.timezone ?? browser.timeZone,
    // Atlassian serves the page from a place of its own, and the bridge takes the path alone.
    apiRoot: new URL('/api/v1', window.location.href).href,
    token: () => Promise.resolve(null),
    async fetch(request) {
      const url = new URL(request.url);
      const body = request.method === 'GET' || request.method === 'HEAD' ? null : await request.text();
      const answer = await call<ForgeAnswer>('fetchRemote', {
        remoteKey: REMOTE,
        fetchRequestInit: { path: url.pathname + url.search, method: request.method, headers: [...request.headers.entries()], body },
        isMultipartFormData: false,
      });
      return new Response(bodyOf(answer), { status: answer.status, statusText: answer.statusText, headers: answer.headers });
    },
    theme: documentTheme,
    onTheme: onDocumentTheme,
    flag(flag) {
      flags += 1;
      void call('showFlag', { id: `stowage-${flags}`, title: flag.title, description: flag.body, type: flag.kind, isAutoDismiss: flag.kind !== 'error' });
    },
    navigateToAssets: open,
    openExternal: open,
    place: () => Promise.resolve(history && history.location.pathname !== '/' ? history.location.pathname + history.location.search : null),
    keepPlace: (path) => history?.replace(path),
  };
}
