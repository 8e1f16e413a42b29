import { App } from './app.js';
import { Tabs } from './tabs.js';

const app = new App();
new Tabs(app).start();
// For tests and the curious.
Object.assign(globalThis, { playground: app });
