// Prints catalog.yaml: an entity for each person of the recording and one for whoever spoofs. usage: node catalog.mjs PATH/TO/oauth2-proxy/people.mjs > catalog.yaml
const { people } = await import(new URL(process.argv[2], `file://${process.cwd()}/`));
const valid = (name) => typeof name === 'string' && name.length <= 63 && /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(name);
const taken = { name: new Set(), email: new Set() };
const free = (kind, value) => { const key = value.toLowerCase(); return !taken[kind].has(key) && taken[kind].add(key); };
const user = (person, name, email) => valid(name) && free('name', name) && console.log('---\n' + JSON.stringify({
  apiVersion: 'backstage.io/v1alpha1', kind: 'User', metadata: { name, annotations: { 'example.com/person': person } },
  spec: { profile: { ...(email && free('email', email) ? { email } : {}) }, memberOf: ['staff'] },
}));
console.log('# Made by catalog.mjs. The catalog does not tell case apart, so what jane and upper share is jane\'s.');
console.log('---\n' + JSON.stringify({ apiVersion: 'backstage.io/v1alpha1', kind: 'Group', metadata: { name: 'staff' }, spec: { type: 'team', children: [] } }));
const everybody = { ...people, hattie: {}, evil: { email: 'evil', preferred_username: 'evil' } };
for (const [person, claims] of Object.entries(everybody)) user(person, person, claims.email);
for (const [person, claims] of Object.entries(everybody)) user(person, claims.preferred_username);
