// Asks the broker about a token (RFC 7662).

import { readFile } from 'node:fs/promises';
import * as oauth from 'oauth4webapi';

/** Whether the token is good is not known: the broker did not answer in time, or not as it should. Whoever gets this lets nobody in. */
export class NotKnown extends Error {}

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
      const response = await oauth.introspectionRequest(this.#broker, this.#client, oauth.ClientSecretBasic(secret), token, {
        additionalParameters: { token_type_hint: 'access_token' },
        // For the whole answer, not only its beginning.
        signal: AbortSignal.timeout(this.#settings.askLimit),
        [oauth.allowInsecureRequests]: this.#settings.mayBePlain,
      });
      return await oauth.processIntrospectionResponse(this.#broker, this.#client, response);
    } catch (failure) {
      throw new NotKnown(nameOf(failure));
    }
  }
}

/** And no more: what else a failure holds may have the token in it. */
function nameOf({ name, code, status, cause }) {
  const within = cause instanceof Error ? [cause.name, cause.code] : [];
  return [name, code, status, ...within].filter(part => part !== undefined).join(' ');
}
