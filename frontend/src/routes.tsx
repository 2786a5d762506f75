import { createRootRoute, createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { Broken, NoPage } from './components/Broken';
import { Layout } from './components/Layout';
import { backupSearch } from './pages/backups/filter';
import { restoreSearch } from './pages/restores/filter';
import { keptFilter, type SchemaFilter, schemaFilter } from './pages/schemas/filter';
import { targetSearch } from './pages/targets/filter';
import { wizardSearch } from './pages/wizard/draft';

const root = createRootRoute({ component: Layout, errorComponent: Broken, notFoundComponent: NoPage });
const under = () => root;

/** Opened without a filter, the grid comes back to the one that was set last. */
function backToFilter(search: SchemaFilter) {
  const kept = keptFilter(search);
  if (kept) throw redirect({ to: '/schemas', search: kept, replace: true });
}

// One line per page. What a page keeps in its address is checked by its validateSearch.
const home = createRoute({ getParentRoute: under, path: '/', component: lazyRouteComponent(() => import('./pages/home/HomePage'), 'HomePage') });
const setup = createRoute({ getParentRoute: under, path: '/setup', component: lazyRouteComponent(() => import('./pages/setup/SetupPage'), 'SetupPage') });
const schemas = createRoute({ getParentRoute: under, path: '/schemas', validateSearch: schemaFilter, beforeLoad: ({ search }) => backToFilter(search), component: lazyRouteComponent(() => import('./pages/schemas/SchemasPage'), 'SchemasPage') });
const backups = createRoute({ getParentRoute: under, path: '/schemas/$schemaId/backups', validateSearch: backupSearch, component: lazyRouteComponent(() => import('./pages/backups/BackupsPage'), 'BackupsPage') });
const wizard = createRoute({ getParentRoute: under, path: '/restore/$backupId', validateSearch: wizardSearch, component: lazyRouteComponent(() => import('./pages/wizard/WizardPage'), 'WizardPage') });
const restores = createRoute({ getParentRoute: under, path: '/restores', component: lazyRouteComponent(() => import('./pages/restores/RestoresPage'), 'RestoresPage') });
const restore = createRoute({ getParentRoute: under, path: '/restores/$restoreId', validateSearch: restoreSearch, component: lazyRouteComponent(() => import('./pages/restores/RestorePage'), 'RestorePage') });
const targets = createRoute({ getParentRoute: under, path: '/targets', validateSearch: targetSearch, component: lazyRouteComponent(() => import('./pages/targets/TargetsPage'), 'TargetsPage') });
const settings = createRoute({ getParentRoute: under, path: '/settings', component: lazyRouteComponent(() => import('./pages/settings/SettingsPage'), 'SettingsPage') });

export const routeTree = root.addChildren([home, setup, schemas, backups, wizard, restores, restore, targets, settings]);
