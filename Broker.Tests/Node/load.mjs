// node load.mjs FOLDER: whether this Node can load the packages that the tests need.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// What packages warn of on being loaded is nobody's concern here.
console.warn = console.info = () => {};
process.removeAllListeners('warning');

const packages = createRequire(`${process.argv[2]}/from.js`);
await import(pathToFileURL(packages.resolve('oidc-provider')));
const { generateKeyPair } = await import(pathToFileURL(packages.resolve('jose')));
await generateKeyPair('ES256');
