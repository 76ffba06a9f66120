// Where the broker is asked, and who this service is: from the environment.

const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];

export function readSettings(environment) {
  const endpoint = new URL(required(environment, 'INTROSPECTION_ENDPOINT'));
  const isLoopback = LOOPBACK.includes(endpoint.hostname);
  if (endpoint.protocol !== 'https:' && !isLoopback) {
    throw new Error('INTROSPECTION_ENDPOINT must be https: tokens and a secret are sent there, and what it says is believed');
  }

  return {
    endpoint,
    mayBePlain: isLoopback,
    issuer: required(environment, 'ISSUER'),
    audience: required(environment, 'AUDIENCE'),
    clientId: required(environment, 'CLIENT_ID'),
    clientSecretFile: required(environment, 'CLIENT_SECRET_FILE'),
    tlsKeyFile: required(environment, 'TLS_KEY_FILE'),
    tlsCertificateFile: required(environment, 'TLS_CERTIFICATE_FILE'),
    port: wholeNumber(environment, 'PORT', 8443, 65535),
    askLimit: wholeNumber(environment, 'ASK_LIMIT_MS', 2000, 60000),
  };
}

function required(environment, name) {
  if (!environment[name]) {
    throw new Error(`${name} is required`);
  }

  return environment[name];
}

function wholeNumber(environment, name, fallback, max) {
  const value = Number(environment[name] ?? fallback);
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new Error(`${name} must be a whole number up to ${max}`);
  }

  return value;
}
