import type { Theme } from '../host';

/** What any browser says about its user. */
export function userSettings(): { locale: string; timeZone: string } {
  return { locale: navigator.language || 'en', timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC' };
}

/** Where the API stands for pages that the service itself serves: one level below its root, at /app/…. */
export function apiBesidePage(page: string = window.location.href): string {
  return new URL('../api/v1', page.split('#')[0]).href;
}

/** The theme the operating system asks for. */
export function systemTheme(): Theme {
  return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function onSystemTheme(changed: (theme: Theme) => void): () => void {
  const query = window.matchMedia('(prefers-color-scheme: dark)');
  const tell = () => changed(systemTheme());
  query.addEventListener('change', tell);
  return () => query.removeEventListener('change', tell);
}

/** The theme that the page around wrote onto the document, or the system's where it wrote none or leaves it open. */
export function documentTheme(): Theme {
  const mode = document.documentElement.getAttribute('data-color-mode');
  return mode === 'light' || mode === 'dark' ? mode : systemTheme();
}

export function onDocumentTheme(changed: (theme: Theme) => void): () => void {
  const tell = () => changed(documentTheme());
  const observer = new MutationObserver(tell);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-color-mode'] });
  const stop = onSystemTheme(tell);
  return () => {
    observer.disconnect();
    stop();
  };
}

/** Opens a page in a new tab which cannot reach back into the app. Only web addresses are opened. */
export function openTab(url: string): void {
  const target = new URL(url, window.location.href);
  if (target.protocol !== 'https:' && target.protocol !== 'http:') return;
  window.open(target, '_blank', 'noopener,noreferrer');
}

const PLACE = 'stowage.place';

/** The place kept in the tab, for hosts whose address bar the app cannot write to. */
export function tabPlace(): string | null {
  try {
    return sessionStorage.getItem(PLACE);
  } catch {
    return null; // storage may be switched off for frames of another site
  }
}

export function keepTabPlace(path: string): void {
  try {
    sessionStorage.setItem(PLACE, path);
  } catch {
    // Without storage a refresh begins at the home page.
  }
}
