import AppProvider, { useSetColorMode } from '@atlaskit/app-provider';
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import { type Api, ApiContext } from './api';
import { RouterLink } from './components/ui/Links';
import { Translations } from './i18n/Translations';
import type { Host } from './lib/host';
import { HostContext } from './lib/HostContext';
import type { AppRouter } from './router';

/** Jira shows flags itself, so that no page waits for this. */
const OwnFlags = lazy(() => import('./components/OwnFlags').then((module) => ({ default: module.OwnFlags })));

interface Parts {
  host: Host;
  api: Api;
  queries: QueryClient;
}

/** Everything that pages expect above them, but the router. */
export function Providers({ host, api, queries, children }: Parts & { children: ReactNode }) {
  return (
    <HostContext.Provider value={host}>
      <ApiContext.Provider value={api}>
        <QueryClientProvider client={queries}>
          <Translations locale={host.locale} timeZone={host.timeZone}>
            <AppProvider defaultColorMode={host.theme()} routerLinkComponent={RouterLink}>
              <HostTheme host={host} />
              {children}
              <Suspense fallback={null}>
                <OwnFlags />
              </Suspense>
            </AppProvider>
          </Translations>
        </QueryClientProvider>
      </ApiContext.Provider>
    </HostContext.Provider>
  );
}

/** The app. */
export function App({ router, ...parts }: Parts & { router: AppRouter }) {
  return (
    <Providers {...parts}>
      <RouterProvider router={router} />
    </Providers>
  );
}

function HostTheme({ host }: { host: Host }) {
  const setColorMode = useSetColorMode();
  useEffect(
    () =>
      host.onTheme((mode) => {
        setColorMode(mode);
        // Dialogs keep the theme they were opened in, unless they are told.
        for (const part of document.querySelectorAll<HTMLElement>('[data-subtree-theme]')) part.dataset.colorMode = mode;
      }),
    [host, setColorMode],
  );
  return null;
}
