import { createHashHistory, createRouter, type RouterHistory } from '@tanstack/react-router';
import { Broken, NoPage } from './components/Broken';
import type { Host } from './lib/host';
import { routeTree } from './routes';

/** The router. Addresses stand after the #: the path of the page belongs to the host. */
export function createAppRouter(history: RouterHistory = createHashHistory()) {
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
