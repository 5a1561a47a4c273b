// The catalog and the probe, without auth: discovery.endpoints says where auth is.
const { createBackend } = require('@backstage/backend-defaults');

const backend = createBackend();
backend.add(import('@backstage/plugin-catalog-backend'));
backend.add(require('./probe.js'));
backend.start();
