// Verifies tokens as Backstage's backends do, with their jose. usage: node verify.mjs KEY_SET_URL
// Reads one line {token} at a time from stdin and answers each with one line: what was verified, or why not.
import { createInterface } from 'node:readline';
import { createRemoteJWKSet, jwtVerify } from 'jose';

// The cooldown is short so that a test need not wait half a minute for a key that came since.
const keys = createRemoteJWKSet(new URL(process.argv[2]), { cooldownDuration: 50, cacheMaxAge: 600_000, timeoutDuration: 5000 });

const TYPES = { token: 'vnd.backstage.user', limited: 'vnd.backstage.limited-user' };
// Source: UserTokenHandler of plugin-auth-node: neither issuer nor audience are checked for these types.
const verify = async (token, typ) => {
  const { payload, protectedHeader } = await jwtVerify(token, keys, { typ, requiredClaims: ['iat', 'exp', 'sub'] });
  return { sub: payload.sub, kid: protectedHeader.kid, alg: protectedHeader.alg };
};

const parts = (token) => token.split('.');
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (segment) => JSON.parse(Buffer.from(segment, 'base64url'));

/** The limited form, put together by whoever holds the whole token; the proof is over these very bytes. */
export function limitedForm(token) {
  const [header, claims] = parts(token).slice(0, 2).map(decode);
  const head = { typ: TYPES.limited, alg: header.alg, kid: header.kid };
  return [encode(head), encode({ sub: claims.sub, iat: claims.iat, exp: claims.exp }), claims.uip].join('.');
}

const changed = (token, change) => {
  const [header, claims, signature] = parts(token);
  return [header, encode({ ...decode(claims), ...change }), signature].join('.');
};

const refused = async (token, typ) => verify(token, typ).then(() => 'accepted', (error) => error.code);

for await (const line of createInterface({ input: process.stdin })) {
  const { token } = JSON.parse(line);
  const limited = limitedForm(token);
  const answer = { user: await verify(token, TYPES.token).catch(String), limited: await verify(limited, TYPES.limited).catch(String) };
  answer.refused = {
    'another subject': await refused(changed(token, { sub: 'user:default/mallory' }), TYPES.token),
    'a limited token for somebody else': await refused(changed(limited, { sub: 'user:default/mallory' }), TYPES.limited),
    'a limited token that lives longer': await refused(changed(limited, { exp: 4102444800 }), TYPES.limited),
    'a limited token as a whole one': await refused(limited, TYPES.token),
    'a whole token as a limited one': await refused(token, TYPES.limited),
  };
  console.log(JSON.stringify(answer));
}
