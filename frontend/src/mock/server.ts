import type { RequestHandler } from 'msw';

/** What answers the API of `STOWAGE_PRETEND=1 npm run dev`. */
export const handlers: RequestHandler[] = [];
