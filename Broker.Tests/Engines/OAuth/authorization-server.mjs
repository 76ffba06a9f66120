// An authorization server on loopback: node authorization-server.mjs FOLDER. Prints its address as a line. A line of JSON on its input is the
// key set that it checks with what the broker signs; it answers "trusted". {"ahead": N} lets N milliseconds pass; it answers "ahead". It ends with
// its input.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(`${process.argv[2]}/package.json`));
const { default: Provider, errors } = await import(pathToFileURL(require.resolve('oidc-provider')));
const { jwtVerify, createLocalJWKSet } = await import(pathToFileURL(require.resolve('jose')));

// What its tokens end by.
const systemTime = Date.now;
let ahead = 0;
Date.now = () => systemTime() + ahead;

// Its notices; the standard output is for what the test waits for.
console.info = console.warn;

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ownKey = { ...privateKey.export({ format: 'jwk' }), kid: 'own', use: 'sig', alg: 'ES256' };

// Opaque tokens of five minutes for the invoices, self-contained ones for the reports, and some that live for a day for the archive.
const resources = {
  'https://invoices.example/api': { scope: 'invoices:read invoices:write', accessTokenFormat: 'opaque', accessTokenTTL: 300 },
  'https://reports.example/api': { scope: 'reports:read', accessTokenFormat: 'jwt', accessTokenTTL: 300, jwt: { sign: { alg: 'ES256' } } },
  'https://archive.example/api': { scope: 'archive:read', accessTokenFormat: 'opaque', accessTokenTTL: 86400 },
};

const resourceOf = (identifier) => {
  if (!resources[identifier]) throw new errors.InvalidTarget();
  return { ...resources[identifier], audience: identifier };
};

const makeClient = (id, method, more = {}) => ({
  client_id: id,
  client_secret: method === 'private_key_jwt' ? undefined : `${id} secret of+some%20length: 0123456789`,
  token_endpoint_auth_method: method,
  grant_types: ['client_credentials', exchange],
  redirect_uris: [],
  response_types: [],
  id_token_signed_response_alg: 'ES256',
  ...more,
});

const makeProvider = (issuer, trusted) => {
  const provider = new Provider(issuer, {
    clients: [
      makeClient('broker-basic', 'client_secret_basic'),
      makeClient('broker-post', 'client_secret_post'),
      ...(trusted ? [makeClient('broker-key', 'private_key_jwt', { jwks: trusted, token_endpoint_auth_signing_alg: 'ES256' })] : []),
      makeClient('resource-server', 'client_secret_post', { grant_types: ['client_credentials'] }),
    ],
    jwks: { keys: [ownKey] },
    extraTokenClaims: (ctx) => ctx.subject && { sub: ctx.subject.sub, act: ctx.subject.act, lease: ctx.subject.jti },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        getResourceServerInfo: (ctx, identifier) => resourceOf(identifier),
      },
    },
  });

  // RFC 8693, for what the broker signs about its callers.
  provider.registerGrantType(exchange, async (ctx) => {
    const { params, client } = ctx.oidc;
    if (params.subject_token_type !== 'urn:ietf:params:oauth:token-type:jwt') throw new errors.InvalidRequest();
    try {
      ({ payload: ctx.subject } = await jwtVerify(params.subject_token, createLocalJWKSet(trusted), {
        audience: issuer,
        typ: 'secretsbroker-subject+jwt',
        algorithms: ['ES256'],
        requiredClaims: ['iss', 'sub', 'exp', 'jti'],
        maxTokenAge: 120,
      }));
    } catch (error) {
      throw new errors.InvalidGrant();
    }

    const resourceServer = new ctx.oidc.provider.ResourceServer(params.resource, resourceOf(params.resource));
    const allowed = new Set(resourceServer.scope.split(' '));
    const token = new ctx.oidc.provider.ClientCredentials({
      client,
      scope: params.scope?.split(' ').filter((scope) => allowed.has(scope)).join(' ') || undefined,
    });
    token.resourceServer = resourceServer;
    ctx.oidc.entity('ClientCredentials', token);
    ctx.body = {
      access_token: await token.save(),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: token.expiration,
      scope: token.scope,
    };
  }, ['subject_token', 'subject_token_type', 'requested_token_type', 'resource', 'audience', 'scope']);
  return provider;
};

let answer;
const server = createServer((request, response) => answer(request, response));
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  answer = makeProvider(issuer).callback();
  console.log(issuer);
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const told = JSON.parse(line);
      if (told.ahead) {
        ahead += told.ahead;
        console.log('ahead');
        return;
      }

      answer = makeProvider(issuer, told).callback();
      console.log('trusted');
    })
    .on('close', () => process.exit(0));
});
