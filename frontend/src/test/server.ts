import { setupServer } from 'msw/node';

/** Answers the API in tests. Each test says what it answers with `server.use`; nothing is answered by itself. */
export const server = setupServer();
