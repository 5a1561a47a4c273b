// Prints cases.json: the request cases of the reference as data. usage: node cases.mjs REFERENCE/cases.mjs > cases.json
const { suites } = await import(new URL(process.argv[2], `file://${process.cwd()}/`));
const wanted = ['base', 'username', 'email', 'localpart', 'dangerous', 'claims', 'faulty'];
const line = (suite) => suites[suite].map((c) => `    ${JSON.stringify(c)}`).join(',\n');
process.stdout.write(`{\n${wanted.map((suite) => `  "${suite}": [\n${line(suite)}\n  ]`).join(',\n')}\n}\n`);
