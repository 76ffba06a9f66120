// A small service behind the broker: it lists invoices and deletes them, for who has a token that the broker says is good.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { Refused, requireAccess } from './access.mjs';
import { Introspection } from './introspection.mjs';
import { readSettings } from './settings.mjs';

const INVOICES = 'invoices-api/invoices';
const ROUTES = {
  'GET /invoices': {
    wanted: { action: 'read', resource: INVOICES },
    answer: claims => ({ invoices: [{ number: 4711, total: '120.00 EUR' }, { number: 4712, total: '89.90 EUR' }], caller: claims.sub }),
  },
  'DELETE /invoices/4711': { wanted: { action: 'delete', resource: INVOICES }, answer: () => ({ deleted: 4711 }) },
};

const settings = readSettings(process.env);
const introspection = new Introspection(settings);

async function serve(request, response) {
  const route = ROUTES[`${request.method} ${request.url}`];
  try {
    if (route === undefined) {
      throw new Refused(404, '', 'there is nothing here');
    }

    send(response, 200, route.answer(await requireAccess(request, route.wanted, introspection, settings)));
  } catch (failure) {
    // A fault of this service's own lets nobody in either.
    refuse(response, failure instanceof Refused ? failure : new Refused(500, '', 'the request could not be served'));
  }
}

function refuse(response, refused) {
  console.error(`Refused with ${refused.status}: ${refused.message}`);
  if (refused.status === 401 || refused.status === 403) {
    response.setHeader('WWW-Authenticate', challengeOf(refused));
  } else if (refused.status === 503) {
    response.setHeader('Retry-After', '1');
  }

  send(response, refused.status, { error: refused.message });
}

function challengeOf({ error, message }) {
  const challenge = 'Bearer realm="invoices"';
  return error === '' ? challenge : `${challenge}, error="${error}", error_description="${message}"`;
}

function send(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
}

const server = createServer({
  key: readFileSync(settings.tlsKeyFile),
  cert: readFileSync(settings.tlsCertificateFile),
  requestCert: true,
  // Whose it is does not matter here: the broker has bound the token to this certificate and no other.
  rejectUnauthorized: false,
}, serve);
server.listen(settings.port, '127.0.0.1', () => console.log(`Listening on https://127.0.0.1:${server.address().port}`));
