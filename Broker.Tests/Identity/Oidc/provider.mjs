// An OpenID provider on loopback: node provider.mjs FOLDER. Prints its address as a line. The line "rotate" on its input gives it another
// signing key, as if it had been set up anew at the same address; it answers "rotated". It ends with its input.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(`${process.argv[2]}/package.json`));
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

// Its notices; the standard output is for what the test waits for.
console.info = console.warn;

let keys = 0;
const makeKey = () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid: `key-${++keys}`, use: 'sig', alg: 'ES256' };
};

const audience = 'test-broker';
const makeProvider = (issuer) => new Provider(issuer, {
  clients: ['agent', 'other'].map((id) => ({
    client_id: id,
    client_secret: `${id}-secret`,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: 'ES256',
  })),
  jwks: { keys: [makeKey()] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    dPoP: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => `https://${audience}.example`,
      getResourceServerInfo: () => ({
        scope: '',
        audience,
        accessTokenTTL: 300,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
      useGrantedResource: () => true,
    },
  },
});

let answer;
const server = createServer((request, response) => answer(request, response));
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  answer = makeProvider(issuer).callback();
  console.log(issuer);
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      if (line === 'rotate') {
        answer = makeProvider(issuer).callback();
        console.log('rotated');
      }
    })
    .on('close', () => process.exit(0));
});
