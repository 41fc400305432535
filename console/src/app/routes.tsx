import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, Outlet, redirect, retainSearchParams } from '@tanstack/react-router';
import { isCode } from '../api/client';
import { customerQuery } from '../features/customers/api';
import { meQuery, setupQuery } from '../features/sessions/api';
import { opensView } from '../features/views/open';
import { follow } from './feed/feed';
import { page } from './page';
import { homeOf } from './pages';
import { Shell } from './Shell';
import { Unavailable } from './Unavailable';
import { readCustomer, readCustomers, readList, readPeople, readRestore, readScope, type Raw } from './search';

const root = createRootRouteWithContext<{ client: QueryClient }>()({ component: Outlet, errorComponent: Unavailable });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (raw: Raw): { to?: string | undefined } => ({
    to: typeof raw['to'] === 'string' ? raw['to'] : undefined,
  }),
  beforeLoad: async ({ context: { client } }) => {
    const { setup_required } = await client.ensureQueryData(setupQuery());
    if (setup_required) throw redirect({ to: '/setup' });
  },
  component: page(() => import('../features/sessions/SignInPage'), 'SignInPage'),
});

const foreign = createRoute({
  getParentRoute: () => root,
  path: '/sign-in/with/$provider',
  component: page(() => import('../features/oidc/ForeignPage'), 'ForeignPage'),
});

const back = createRoute({
  getParentRoute: () => root,
  path: '/sign-in/back/$provider',
  validateSearch: (raw: Raw): { code?: string; state?: string; iss?: string; error?: string } => ({
    ...(typeof raw['code'] !== 'undefined' && { code: String(raw['code']) }),
    ...(typeof raw['state'] !== 'undefined' && { state: String(raw['state']) }),
    ...(typeof raw['iss'] === 'string' && { iss: raw['iss'] }),
    ...(typeof raw['error'] === 'string' && { error: raw['error'] }),
  }),
  component: page(() => import('../features/oidc/BackPage'), 'BackPage'),
});

const forgotten = createRoute({
  getParentRoute: () => root,
  path: '/forgotten',
  component: page(() => import('../features/sessions/ForgottenPage'), 'ForgottenPage'),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: page(() => import('../features/sessions/SetupPage'), 'SetupPage'),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: page(() => import('../features/users/InvitationPage'), 'InvitationPage'),
});

const stopReport = createRoute({
  getParentRoute: () => root,
  path: '/stop-report',
  component: page(() => import('../features/reports/StopPage'), 'StopPage'),
});

/** Everything behind the sign-in, in the frame. */
const frame = createRoute({
  getParentRoute: () => root,
  id: 'frame',
  validateSearch: readScope,
  search: { middlewares: [retainSearchParams(['under'])] },
  beforeLoad: async ({ context: { client }, location }) => {
    try {
      await client.ensureQueryData(meQuery());
    } catch (error) {
      if (!isCode(error, 'sign_in_required')) throw error;
      throw redirect({ to: '/sign-in', search: { to: location.href === '/' ? undefined : location.href } });
    }
    follow(client);
  },
  component: Shell,
});

const index = createRoute({
  getParentRoute: () => frame,
  path: '/',
  beforeLoad: async ({ context: { client } }) => {
    throw redirect({ ...homeOf(await client.ensureQueryData(meQuery())), replace: true });
  },
});

const overview = createRoute({
  getParentRoute: () => frame,
  path: '/overview',
  component: page(() => import('../features/overview/OverviewPage'), 'OverviewPage'),
});

const customers = createRoute({
  getParentRoute: () => frame,
  path: '/customers',
  validateSearch: readCustomers,
  beforeLoad: opensView('customers', '/customers'),
  component: page(() => import('../features/customers/CustomersPage'), 'CustomersPage'),
});

const customerAdd = createRoute({
  getParentRoute: () => frame,
  path: '/customers/new',
  validateSearch: (raw: Raw): { parent?: string | undefined } => ({
    parent: typeof raw['parent'] === 'string' ? raw['parent'] : undefined,
  }),
  component: page(() => import('../features/customers/AddPage'), 'AddPage'),
});

const customer = createRoute({
  getParentRoute: () => frame,
  path: '/customers/$id',
  validateSearch: readCustomer,
  loader: ({ context: { client }, params: { id } }) => void client.prefetchQuery(customerQuery(id)),
  component: page(() => import('../features/customers/CustomerPage'), 'CustomerPage'),
});

const customerEdit = createRoute({
  getParentRoute: () => frame,
  path: '/customers/$id/edit',
  component: page(() => import('../features/customers/EditPage'), 'EditPage'),
});

const customerAdded = createRoute({
  getParentRoute: () => frame,
  path: '/customers/$id/added',
  component: page(() => import('../features/customers/AddedPage'), 'AddedPage'),
});

const devices = createRoute({
  getParentRoute: () => frame,
  path: '/devices',
  validateSearch: readList,
  beforeLoad: opensView('devices', '/devices'),
  component: page(() => import('../features/devices/DevicesPage'), 'DevicesPage'),
});

const device = createRoute({
  getParentRoute: () => frame,
  path: '/devices/$id',
  component: page(() => import('../features/devices/DevicePage'), 'DevicePage'),
});

const restore = createRoute({
  getParentRoute: () => frame,
  path: '/devices/$id/restore',
  validateSearch: readRestore,
  component: page(() => import('../features/vaults/RestorePage'), 'RestorePage'),
});

const passKeys = createRoute({
  getParentRoute: () => frame,
  path: '/pass_keys',
  validateSearch: readList,
  component: page(() => import('../features/pass_keys/PassKeysPage'), 'PassKeysPage'),
});

const removed = createRoute({
  getParentRoute: () => frame,
  path: '/removed',
  validateSearch: readList,
  component: page(() => import('../features/removed/RemovedPage'), 'RemovedPage'),
});

const licences = createRoute({
  getParentRoute: () => frame,
  path: '/licences',
  validateSearch: readList,
  component: page(() => import('../features/licences/LicencesPage'), 'LicencesPage'),
});

const events = createRoute({
  getParentRoute: () => frame,
  path: '/events',
  validateSearch: readList,
  component: page(() => import('../features/events/EventsPage'), 'EventsPage'),
});

const people = createRoute({
  getParentRoute: () => frame,
  path: '/people',
  validateSearch: readPeople,
  beforeLoad: opensView('users', '/people'),
  component: page(() => import('../features/users/PeoplePage'), 'PeoplePage'),
});

const space = createRoute({
  getParentRoute: () => frame,
  path: '/space',
  component: page(() => import('../features/space/SpacePage'), 'SpacePage'),
});

const products = createRoute({
  getParentRoute: () => frame,
  path: '/products',
  component: page(() => import('../features/products/ProductsPage'), 'ProductsPage'),
});

const locations = createRoute({
  getParentRoute: () => frame,
  path: '/locations',
  component: page(() => import('../features/storage/LocationsPage'), 'LocationsPage'),
});

const mail = createRoute({
  getParentRoute: () => frame,
  path: '/mail',
  component: page(() => import('../features/mail/MailPage'), 'MailPage'),
});

const account = createRoute({
  getParentRoute: () => frame,
  path: '/account',
  component: page(() => import('../features/account/AccountPage'), 'AccountPage'),
});

export const routeTree = root.addChildren([
  signIn,
  foreign,
  back,
  forgotten,
  setup,
  invitation,
  stopReport,
  frame.addChildren([
    index,
    overview,
    customers,
    customerAdd,
    customer,
    customerEdit,
    customerAdded,
    devices,
    device,
    restore,
    passKeys,
    removed,
    licences,
    events,
    people,
    products,
    locations,
    space,
    mail,
    account,
  ]),
]);
