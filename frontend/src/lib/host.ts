import type { Flag } from './host/flags';

export type { Flag } from './host/flags';

/** The colour modes a host can ask for. */
export type Theme = 'light' | 'dark';

/**
 * What the app asks of the page around it. Nothing else in the app knows whether that is Jira through Connect, Jira
 * through Forge, or a browser tab of a developer. Every method may be called at any time after `connectHost` resolved.
 */
export interface Host {
  readonly kind: 'connect' | 'forge' | 'development';
  /** The user's language, as a BCP 47 tag. */
  readonly locale: string;
  /** The user's IANA time zone. */
  readonly timeZone: string;
  /** Where the API of the service stands, as `fetch` takes it. */
  readonly apiRoot: string;

  /** A fresh token for one request, or null where `fetch` signs for itself. Never kept: it lives for minutes only. */
  token(): Promise<string | null>;
  /** Sends a request of the app to its service. */
  fetch(request: Request): Promise<Response>;

  theme(): Theme;
  /** Calls back at every change of the theme, until the returned function is called. */
  onTheme(changed: (theme: Theme) => void): () => void;

  /** Shows a short message that goes away by itself. */
  flag(flag: Flag): void;

  /** Opens a page of Assets, in a new tab so that the place in the app is kept. */
  navigateToAssets(url: string): void;
  /** Opens any other page in a new tab. */
  openExternal(url: string): void;

  /** The place the user was at before the page around the app was reloaded, or null. */
  place(): Promise<string | null>;
  /** Remembers the place, so that a refresh of the browser comes back to it. */
  keepPlace(path: string): void;
}

/** Finds out where the app runs and gets that host ready. */
export async function connectHost(doc: Document = document): Promise<Host> {
  const kind = doc.querySelector('meta[name="stowage-host"]')?.getAttribute('content');
  switch (kind) {
    case 'connect':
      return (await import('./host/connect')).connect();
    case 'forge':
      return (await import('./host/forge')).forge();
    default:
      return (await import('./host/development')).development();
  }
}
