import type { Host } from '../host';
import { apiBesidePage, onSystemTheme, openTab, systemTheme, userSettings } from './browser';
import { showOwnFlag } from './flags';

/** The host of a plain browser tab: the address bar keeps the place, and no token is needed. */
export function development(): Host {
  return {
    kind: 'development',
    ...userSettings(),
    apiRoot: apiBesidePage(),
    token: () => Promise.resolve(null),
    fetch: (request) => fetch(request),
    theme: systemTheme,
    onTheme: onSystemTheme,
    flag: showOwnFlag,
    navigateToAssets: openTab,
    openExternal: openTab,
    place: () => Promise.resolve(null),
    keepPlace: () => undefined,
  };
}
