// The npm package jose as an agent would use it: node jose.mjs FOLDER generate | open | seal; what it works on comes as JSON on standard input.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, verb] = process.argv.slice(2);
const jose = await import(pathToFileURL(createRequire(join(folder, 'from.js')).resolve('jose')));

let input = '';
for await (const chunk of process.stdin) input += chunk;
const given = input ? JSON.parse(input) : {};

const verbs = {
  async generate() {
    const pair = await jose.generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
    const publicKey = await jose.exportJWK(pair.publicKey);
    return {
      publicKey: { ...publicKey, kid: 'agent-1', use: 'enc', alg: 'ECDH-ES' },
      privateKey: await jose.exportJWK(pair.privateKey),
      thumbprint: await jose.calculateJwkThumbprint(publicKey),
    };
  },
  async open() {
    const key = await jose.importJWK(given.privateKey, 'ECDH-ES');
    const opened = await jose.compactDecrypt(given.message, key, {
      keyManagementAlgorithms: ['ECDH-ES'], contentEncryptionAlgorithms: ['A256GCM'],
    });
    return { header: opened.protectedHeader, secret: JSON.parse(new TextDecoder().decode(opened.plaintext)) };
  },
  async seal() {
    const key = await jose.importJWK(given.publicKey, 'ECDH-ES');
    const message = await new jose.CompactEncrypt(new TextEncoder().encode(JSON.stringify(given.secret)))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' })
      .setKeyManagementParameters({ apv: new TextEncoder().encode(given.lease) })
      .encrypt(key);
    return { message };
  },
};

process.stdout.write(JSON.stringify(await verbs[verb]()));
