import { App } from './app.js';

const app = new App();
app.start();
// For tests and the curious.
Object.assign(globalThis, { playground: app });
