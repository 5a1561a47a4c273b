// What the real catalog, and a plugin beside it, make of an auth backend's tokens. Prints one line a check, and at the end the token that was signed
// in with; exit code 1 if a check failed.
//
// usage: node check-catalog.mjs AUTH CATALOG USER     base URLs, and a user of the catalog who signs in by x-forwarded-user
// env:   TOKEN  this user's token instead of a new one: another replica's, or one from before a rotation
//        VIA    a port on which auth looks for the catalog: this script listens there, passes on, and looks at the service token
import assert from 'node:assert/strict';
import { createServer, request as forward } from 'node:http';

const [auth, catalog, user] = process.argv.slice(2);
const probe = new URL('/api/probe', catalog).href;
const entity = `${catalog}/entities/by-name/user/default/${user}`;

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (token, segment) => JSON.parse(Buffer.from(token.split('.')[segment], 'base64url'));
const bearer = (token) => ({ authorization: `Bearer ${token}` });

const withSubject = (token, sub) => {
  const [header, , signature] = token.split('.');
  return [header, encode({ ...decode(token, 1), sub }), signature].join('.');
};
const withBrokenSignature = (token) => {
  const [header, claims, signature] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes[10] ^= 1;
  return [header, claims, bytes.toString('base64url')].join('.');
};
const limitedForm = (token) => {
  const [header, claims] = [decode(token, 0), decode(token, 1)];
  const limited = { typ: 'vnd.backstage.limited-user', alg: header.alg, kid: header.kid };
  return [encode(limited), encode({ sub: claims.sub, iat: claims.iat, exp: claims.exp }), claims.uip].join('.');
};

async function get(url, headers = {}) {
  const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(20_000) });
  const text = await response.text();
  const body = text.startsWith('{') ? JSON.parse(text) : undefined;
  return { status: response.status, body, cookie: response.headers.getSetCookie()[0], shown: `${response.status} ${text.slice(0, 200)}` };
}

function accepted(answer) {
  assert.equal(answer.status, 200, answer.shown);
  return answer.body;
}

function refused(answer, message) {
  assert.equal(answer.status, 401, answer.shown);
  assert.equal(answer.body.error.message, message);
}

let failed = 0;
let passed = 0;
async function check(name, run) {
  try {
    await run();
    passed += 1;
    console.log(`ok     ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error.message.replace(/\s+/g, ' ').slice(0, 400)}`);
  }
}

// Stands between auth and the catalog, and keeps the tokens that auth sends.
const serviceTokens = [];
let between;
if (process.env.VIA) {
  between = createServer((incoming, answer) => {
    serviceTokens.push(/^Bearer (\S+)$/.exec(incoming.headers.authorization ?? '')?.[1]);
    const outgoing = forward(new URL(incoming.url, catalog), { method: incoming.method, headers: incoming.headers }, (response) => {
      answer.writeHead(response.statusCode, response.rawHeaders);
      response.pipe(answer);
    });
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise((listening, error) => between.on('error', error).listen(Number(process.env.VIA), '127.0.0.1', listening));
}

// The catalog goes on loading for a moment after it is ready.
const signIn = async () => {
  for (const until = Date.now() + 60_000; ; ) {
    const answer = await get(`${auth}/oauth2Proxy/refresh`, { 'x-forwarded-user': user }).catch((error) => ({ shown: String(error.cause ?? error) }));
    const identity = answer.body?.backstageIdentity;
    if (identity?.identity.ownershipEntityRefs.length > 1) return identity;
    if (Date.now() > until) assert.fail(answer.shown);
    await new Promise((later) => setTimeout(later, 300));
  }
};

let identity;
await check('a sign-in whose groups come from the catalog', async () => {
  identity = await signIn();
});
if (!identity) process.exit(1);
const token = process.env.TOKEN || identity.token;
const limited = limitedForm(token);
const claims = decode(token, 1);

const isTheUser = (answer) => {
  const userInfo = { userEntityRef: claims.sub, ownershipEntityRefs: identity.identity.ownershipEntityRefs };
  assert.deepEqual(accepted(answer), { principal: { type: 'user', userEntityRef: claims.sub }, userInfo, catalog: { status: 200, name: user } });
};

await check('the catalog refuses a call without a token', async () => refused(await get(entity), 'Missing credentials'));
await check('the catalog accepts a user token', async () => assert.equal(accepted(await get(entity, bearer(token))).metadata.name, user));
await check('the catalog refuses another signature', async () => refused(await get(entity, bearer(withBrokenSignature(token))), 'Failed user token verification'));
await check('the catalog refuses another subject', async () =>
  refused(await get(entity, bearer(withSubject(token, 'user:default/bob'))), 'Failed user token verification'));
await check('the catalog refuses a limited token', async () => refused(await get(entity, bearer(limited)), 'Illegal limited user token'));
await check('a plugin: user token, user info, on behalf of the user', async () => isTheUser(await get(`${probe}/whoami`, bearer(token))));
await check('a plugin: limited token, user info, on behalf of the user', async () => isTheUser(await get(`${probe}/limited`, bearer(limited))));
await check('a plugin refuses a limited token where it takes whole ones', async () => refused(await get(`${probe}/whoami`, bearer(limited)), 'Illegal limited user token'));
for (const [name, base] of Object.entries({ catalog, auth })) {
  await check(`the cookie of ${name}`, async () => {
    const answer = await get(`${base}/.backstage/auth/v1/cookie`, bearer(token));
    accepted(answer);
    assert.match(answer.cookie ?? '', /^backstage-auth=/);
    const [cookie] = answer.cookie.split(';');
    assert.equal(decode(cookie.split('=')[1], 0).typ, 'vnd.backstage.limited-user');
    refused(await get(`${probe}/whoami`, { cookie }), 'Missing credentials');
    isTheUser(await get(`${probe}/limited`, { cookie }));
  });
}
if (between) {
  const service = serviceTokens.find(Boolean);
  await check('the service token that auth sends', async () => {
    assert.ok(service, `${serviceTokens.length} calls, none with a token`);
    const [header, payload] = [decode(service, 0), decode(service, 1)];
    assert.deepEqual([header.typ, payload.sub, payload.aud, payload.obo], ['vnd.backstage.plugin', 'auth', 'catalog', undefined]);
    assert.ok(header.kid && payload.exp > payload.iat);
  });
  if (service) {
    await check('the catalog accepts it', async () => assert.equal(accepted(await get(entity, bearer(service))).metadata.name, user));
    await check('the catalog refuses it with another signature', async () =>
      refused(await get(entity, bearer(withBrokenSignature(service))), 'Failed plugin token verification'));
    await check('another plugin refuses it', async () => refused(await get(`${probe}/whoami`, bearer(service)), 'Failed plugin token verification'));
  }
  between.close();
  between.closeAllConnections();
}
console.log(`${passed} passed, ${failed} failed`);
console.log(`token ${identity.token}`);
process.exitCode = failed ? 1 : 0;
