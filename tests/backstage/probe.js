// A plugin of nothing but Backstage's own services, so that a test can ask over HTTP what any plugin makes of a token. The stock catalog has no
// route that takes a limited token or a cookie.
//
//   GET /api/probe/whoami    a full user token, or a service token
//   GET /api/probe/limited   also a limited user token, or the cookie backstage-auth
//
// The answer: { principal, userInfo, catalog }; the last is a call to the catalog on the user's behalf.
const { coreServices, createBackendPlugin } = require('@backstage/backend-plugin-api');

const LIMITED = '/limited';

module.exports = createBackendPlugin({
  pluginId: 'probe',
  register(registration) {
    const { httpRouter, httpAuth, auth, userInfo, discovery } = coreServices;
    registration.registerInit({
      deps: { httpRouter, httpAuth, auth, userInfo, discovery },
      async init(services) {
        services.httpRouter.addAuthPolicy({ path: LIMITED, allow: 'user-cookie' });
        services.httpRouter.use((request, response, next) => {
          if (!['/whoami', LIMITED].includes(request.path)) return next();
          return describe(services, request).then(body => response.json(body), next);
        });
      },
    });
  },
});

async function describe({ httpAuth, auth, userInfo, discovery }, request) {
  const credentials = await httpAuth.credentials(request, { allow: ['user', 'service'], allowLimitedAccess: request.path === LIMITED });
  const { principal } = credentials;
  if (!auth.isPrincipal(credentials, 'user')) return { principal };
  const { token } = await auth.getPluginRequestToken({ onBehalfOf: credentials, targetPluginId: 'catalog' });
  const [kind, namespace, name] = principal.userEntityRef.split(/[:/]/).map(encodeURIComponent);
  const url = `${await discovery.getBaseUrl('catalog')}/entities/by-name/${kind}/${namespace}/${name}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const entity = await answer.json();
  return { principal, userInfo: await userInfo.getUserInfo(credentials), catalog: { status: answer.status, name: entity.metadata?.name } };
}
