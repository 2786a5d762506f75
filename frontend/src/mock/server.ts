import type { RequestHandler } from 'msw';
import { FakeStowage } from './fake';
import { FakeRestores } from './restores';

/** What answers the API of `STOWAGE_PRETEND=1 npm run dev`; STOWAGE_PRETEND=setup begins before the set-up. */
const fake = process.env.STOWAGE_PRETEND === 'setup' ? FakeStowage.empty() : FakeStowage.example();
fake.patience = 12;

export const handlers: RequestHandler[] = [...FakeRestores.example().handlers('*/api/v1'), ...fake.handlers('*/api/v1')];
