import { createMemoryHistory, RouterProvider } from '@tanstack/react-router';
import { render, type RenderResult } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import { vi } from 'vitest';
import { createApi, createQueryClient } from '../api';
import { Providers } from '../App';
import type { Host } from '../lib/host';
import { type AppRouter, createAppRouter } from '../router';

/** Where the API stands in tests; handlers of msw name paths below it: `${API}/session`. */
export const API = 'http://localhost/api/v1';

export function fakeHost(over: Partial<Host> = {}): Host {
  return {
    kind: 'development',
    locale: 'en-GB',
    timeZone: 'Europe/Berlin',
    apiRoot: API,
    token: () => Promise.resolve('a-token'),
    fetch: (request) => fetch(request),
    theme: () => 'light',
    onTheme: () => () => undefined,
    flag: vi.fn<Host['flag']>(),
    navigateToAssets: vi.fn<Host['navigateToAssets']>(),
    openExternal: vi.fn<Host['openExternal']>(),
    place: () => Promise.resolve(null),
    keepPlace: vi.fn<Host['keepPlace']>(),
    ...over,
  };
}

interface Shown extends RenderResult {
  host: Host;
  router: AppRouter;
  user: UserEvent;
}

/** Shows the whole app at an address, such as `/schemas?status=Deleted`. */
export function showApp(address: string, over: Partial<Host> = {}): Shown {
  const host = fakeHost(over);
  const queries = createQueryClient();
  queries.setDefaultOptions({ queries: { ...queries.getDefaultOptions().queries, retry: false, staleTime: 0 } });
  const router = createAppRouter(createMemoryHistory({ initialEntries: [address] }));
  const result = render(
    <Providers host={host} api={createApi(host, { again: 1 })} queries={queries}>
      <RouterProvider router={router} />
    </Providers>,
  );
  return { ...result, host, router, user: userEvent.setup({ delay: null }) };
}
