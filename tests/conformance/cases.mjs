// Prints cases.json: the request cases of the reference as data. usage: node cases.mjs REFERENCE/cases.mjs > cases.json
const { suites } = await import(new URL(process.argv[2], `file://${process.cwd()}/`));
const wanted = ['base', 'username', 'email', 'localpart', 'dangerous', 'claims', 'faulty'];
// What the catalog answers is none of auth's business.
const line = (suite) => suites[suite].filter((c) => !c.name.startsWith('catalog-')).map((c) => `    ${JSON.stringify(c)}`).join(',\n');
process.stdout.write(`{\n${wanted.map((suite) => `  "${suite}": [\n${line(suite)}\n  ]`).join(',\n')}\n}\n`);
