import type { Host } from '../host';
import { apiBesidePage, documentTheme, keepTabPlace, onDocumentTheme, openTab, tabPlace, userSettings } from './browser';
import { showOwnFlag } from './flags';

/** The parts of Atlassian Connect's `AP` that are used. Everything but the token may be missing on some page types. */
export interface ConnectAP {
  context: { getToken(callback?: (token: string) => void): Promise<string> | void };
  theming?: { initializeTheming?(): void };
  flag?: { create(options: { title: string; body?: string; type: string; close: 'auto' | 'manual' }): unknown };
  history?: {
    getState(type?: 'hash', callback?: (state: string) => void): string | void;
    replaceState(state: string): void;
  };
  user?: { getLocale?(callback: (locale: string) => void): void; getTimeZone?(callback: (zone: string) => void): void };
}

declare global {
  interface Window {
    AP?: ConnectAP;
  }
}

/** How long an answer of the page around is waited for before its absence is taken as the answer. */
const PATIENCE = 800;

function ask<T>(question: (answer: (value: T) => void) => void): Promise<T | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), PATIENCE);
    const settle = (value: T | null) => {
      clearTimeout(timer);
      resolve(value);
    };
    try {
      question(settle);
    } catch {
      settle(null);
    }
  });
}

/** The host inside Jira's iframe of Connect. */
export async function connect(ap: ConnectAP | undefined = window.AP): Promise<Host> {
  if (!ap) throw new Error("Jira's script was not loaded. Open Stowage from the Apps menu of Jira, or reload the page.");
  ap.theming?.initializeTheming?.();
  const browser = userSettings();
  const [locale, timeZone] = await Promise.all([
    ap.user?.getLocale ? ask<string>((answer) => ap.user?.getLocale?.(answer)) : null,
    ap.user?.getTimeZone ? ask<string>((answer) => ap.user?.getTimeZone?.(answer)) : null,
  ]);
  const token = () =>
    new Promise<string>((resolve, reject) => {
      // Older pages call back, newer ones also return a promise.
      const promised = ap.context.getToken(resolve);
      if (promised) promised.then(resolve, reject);
    });

  return {
    kind: 'connect',
    locale: (locale ?? browser.locale).replace('_', '-'),
    timeZone: knownZone(timeZone) ?? browser.timeZone,
    apiRoot: apiBesidePage(),
    token,
    fetch: (request) => fetch(request),
    theme: documentTheme,
    onTheme: onDocumentTheme,
    flag(flag) {
      if (!ap.flag) return showOwnFlag(flag);
      ap.flag.create({ title: flag.title, ...(flag.body ? { body: flag.body } : {}), type: flag.kind, close: flag.kind === 'error' ? 'manual' : 'auto' });
    },
    navigateToAssets: openTab,
    openExternal: openTab,
    async place() {
      if (!ap.history) return tabPlace();
      const state = await ask<string>((answer) => {
        const now = ap.history?.getState('hash', answer);
        if (typeof now === 'string') answer(now);
      });
      return state ? state.replace(/^[#!]+/, '') : tabPlace();
    },
    keepPlace(path) {
      keepTabPlace(path);
      ap.history?.replaceState(path);
    },
  };
}

function knownZone(zone: string | null): string | null {
  if (!zone) return null;
  try {
    return Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}
