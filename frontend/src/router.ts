import { createBrowserHistory, createRouter, type RouterHistory } from '@tanstack/react-router';
import { Broken, NoPage } from './components/Broken';
import type { Host } from './lib/host';
import { routeTree } from './routes';

/**
 * Addresses that stand after the #: the path and the query of the page belong to the host. The router's own hash history
 * takes the query of the page for one of the app, and with it the token that the host put there.
 */
function afterTheHash(): RouterHistory {
  return createBrowserHistory({
    createHref: (path) => `${window.location.pathname}${window.location.search}#${path}`,
    parseLocation: () => {
      const { pathname, search, hash } = new URL(window.location.hash.slice(1) || '/', 'http://app');
      return { href: `${pathname}${search}${hash}`, pathname, search, hash, state: window.history.state ?? { __TSR_index: 0 } };
    },
  });
}

/** The router. */
export function createAppRouter(history: RouterHistory = afterTheHash()) {
  return createRouter({ routeTree, history, defaultPreload: 'intent', defaultErrorComponent: Broken, defaultNotFoundComponent: NoPage });
}

export type AppRouter = ReturnType<typeof createAppRouter>;

declare module '@tanstack/react-router' {
  interface Register {
    router: AppRouter;
  }
}

/** Comes back to the place the host remembers, and tells it every new one. */
export async function followPlace(router: AppRouter, host: Host): Promise<void> {
  const place = await host.place();
  if (place?.startsWith('/') && router.history.location.href === '/') router.history.replace(place);
  router.subscribe('onResolved', ({ toLocation }) => host.keepPlace(toLocation.href));
}
