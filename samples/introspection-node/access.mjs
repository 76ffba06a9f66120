// Whether a request may be served, by what the broker says of its token.

import { createHash } from 'node:crypto';
import { NotKnown } from './introspection.mjs';

const INTENT = 'secretsbroker_intent';

// RFC 6750 section 2.1.
const SCHEME = /^Bearer(?: |$)/i;
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** Why a request is not served. The message is a fixed sentence: it is logged, and sent to the caller. */
export class Refused extends Error {
  constructor(status, error, message) {
    super(message);
    this.status = status;
    this.error = error;
  }
}

/**
 * @param request of node:https
 * @param wanted action and resource, in the words of the broker's catalogue
 * @returns the token's claims
 * @throws {Refused} in every other case
 */
export async function requireAccess(request, wanted, introspection, settings) {
  const authorization = request.headers.authorization ?? '';
  if (!SCHEME.test(authorization)) {
    // Section 3.1: who has shown no token is not told that it is wrong.
    throw new Refused(401, '', 'a token is needed');
  }

  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) {
    throw unauthorized('what was shown is no token');
  }

  const claims = await ask(introspection, token);
  // The broker has looked at signature and time. It knows nothing of who asks for what here, and nothing of who may keep its answers on the way.
  if (claims.active !== true || isPast(claims.exp) || claims.iss !== settings.issuer || !holds(claims.aud, settings.audience)) {
    throw unauthorized('the token is not valid here');
  }

  if (!isBoundToCaller(claims.cnf, request.socket)) {
    throw unauthorized('the token is bound to a key that the caller has not shown');
  }

  if (!Array.isArray(claims.authorization_details) || !claims.authorization_details.some(detail => allows(detail, wanted, settings.audience))) {
    throw new Refused(403, 'insufficient_scope', 'the token was issued for something else');
  }

  return claims;
}

async function ask(introspection, token) {
  try {
    return await introspection.ask(token);
  } catch (failure) {
    if (failure instanceof NotKnown) {
      console.error(`The broker could not be asked: ${failure.message}`);
    }

    throw new Refused(503, '', 'whether the token is good is not known');
  }
}

/** Of RFC 8705 and no other: a token that is bound to a key (RFC 9449) comes with a proof, which is not checked here. */
function isBoundToCaller(cnf, socket) {
  if (cnf === undefined) {
    return true;
  }

  const shown = socket.getPeerX509Certificate()?.raw;
  return shown !== undefined && cnf?.['x5t#S256'] === createHash('sha256').update(shown).digest('base64url');
}

function isPast(exp) {
  return exp !== undefined && exp <= Date.now() / 1000;
}

function allows(detail, wanted, audience) {
  return detail?.type === INTENT && detail.identifier === wanted.resource
    && holds(detail.actions, wanted.action) && holds(detail.locations, audience);
}

function holds(oneOrMore, text) {
  return Array.isArray(oneOrMore) ? oneOrMore.includes(text) : oneOrMore === text;
}

function unauthorized(message) {
  return new Refused(401, 'invalid_token', message);
}
