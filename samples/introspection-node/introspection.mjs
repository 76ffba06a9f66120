// Asks the broker about a token (RFC 7662).

import { readFile } from 'node:fs/promises';
import * as oauth from 'oauth4webapi';

/** Whether the token is good is not known: the broker did not answer in time, or not as it should. Whoever gets this lets nobody in. */
export class NotKnown extends Error {}

/** In bytes. Many times what the broker says of a token. */
const LONGEST_ANSWER = 64 * 1024;

export class Introspection {
  #settings;
  #broker;
  #client;

  constructor(settings) {
    this.#settings = settings;
    this.#broker = { issuer: settings.issuer, introspection_endpoint: settings.endpoint.href };
    this.#client = { client_id: settings.clientId };
  }

  /**
   * What the broker says at this moment. No answer is kept, good or bad: a token whose lease has ended is refused at the next request, and who
   * has got a token is not told about an earlier one.
   */
  async ask(token) {
    try {
      // Read at each use, so that rotating it needs no restart.
      const secret = (await readFile(this.#settings.clientSecretFile, 'utf8')).trimEnd();
      const response = await readWhole(await oauth.introspectionRequest(this.#broker, this.#client, oauth.ClientSecretBasic(secret), token, {
        additionalParameters: { token_type_hint: 'access_token' },
        // For the whole answer, not only its beginning.
        signal: AbortSignal.timeout(this.#settings.askLimit),
        [oauth.allowInsecureRequests]: this.#settings.mayBePlain,
      }));
      // The library takes whatever can be read as JSON.
      if (response.status === 200 && mediaTypeOf(response) !== 'application/json') {
        throw new NotKnown('the answer is not application/json');
      }

      const claims = await oauth.processIntrospectionResponse(this.#broker, this.#client, response);
      if (claims.exp !== undefined && !Number.isFinite(claims.exp)) {
        throw new NotKnown('exp in the answer is not a number');
      }

      return claims;
    } catch (failure) {
      throw failure instanceof NotKnown ? failure : new NotKnown(nameOf(failure));
    }
  }
}

/** The library reads to the end, and who answers need not be the broker: an answer without end would take all memory. */
async function readWhole(response) {
  const parts = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > LONGEST_ANSWER) {
      throw new NotKnown('the answer is too long');
    }

    parts.push(part);
  }

  return new Response(Buffer.concat(parts), { status: response.status, headers: response.headers });
}

function mediaTypeOf(response) {
  return response.headers.get('content-type')?.split(';')[0].trim().toLowerCase();
}

/** And no more: what else a failure holds may have the token in it. */
function nameOf({ name, code, status, cause }) {
  const within = cause instanceof Error ? [cause.name, cause.code] : [];
  return [name, code, status, ...within].filter(part => part !== undefined).join(' ');
}
