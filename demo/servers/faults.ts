/** One fault that was built into the weak system on purpose, and the observation kinds that can show it. */
export type PlantedFault = { readonly id: string; readonly sentence: string; readonly shownBy: readonly string[] }

/** Every fault of the weak system; the sound one has none of them. */
export const plantedFaults: readonly PlantedFault[] = [
  fault('tls-1.0', 'The API still offers TLS 1.0.', 'tls.protocol'),
  fault('tls-1.1', 'The API still offers TLS 1.1.', 'tls.protocol'),
  fault('tls-no-1.3', 'The API does not offer TLS 1.3.', 'tls.protocol'),
  fault(
    'tls-null-cipher',
    'The API accepts cipher suites that encrypt nothing (NULL-SHA256, NULL-SHA).',
    'tls.protocol',
  ),
  fault('tls-no-forward-secrecy', 'The API accepts cipher suites without forward secrecy.', 'tls.protocol'),
  fault('certificate-expiring', 'The API’s certificate ends in five days.', 'tls.certificate'),
  fault(
    'legacy-certificate-expired',
    'The certificate of the port left from the migration has expired.',
    'tls.certificate',
  ),
  fault(
    'issuer-http',
    'The identity provider and its keys are reached over plain HTTP.',
    'auth.discovery',
    'auth.jwks',
  ),
  fault('implicit-flow', 'The identity provider offers response types of the implicit flow.', 'auth.discovery'),
  fault(
    'open-registration',
    'The identity provider publishes a registration endpoint that takes anybody.',
    'auth.discovery',
  ),
  fault('jwks-rsa-1024', 'One published signing key is RSA of 1024 bits.', 'auth.jwks'),
  fault('token-lifetime', 'Access tokens hold for seven days.', 'auth.token'),
  fault('route-unprotected', 'GET /reports/{id} answers without any credential.', 'auth.enforcement'),
  fault('signature-unchecked', 'GET /customers believes tokens whose signature nobody checks.', 'auth.enforcement'),
  fault('expiry-unchecked', 'GET /customers/{id} takes expired tokens.', 'auth.enforcement'),
  fault('http-serves', 'The plain HTTP port serves the API.', 'gateway.redirect'),
  fault('no-hsts', 'No answer carries Strict-Transport-Security.', 'gateway.headers'),
  fault('no-security-headers', 'Answers carry no security headers.', 'gateway.headers'),
  fault('version-banner', 'Server and X-Powered-By name versions.', 'gateway.headers'),
  fault('stack-traces', 'Error pages show stack traces.', 'gateway.headers'),
  fault('cors-reflected', 'Every origin is allowed, with credentials.', 'gateway.cors'),
  fault('trace-echo', 'TRACE is answered with the request.', 'gateway.method'),
  fault('no-rate-limit', 'Nothing limits the rate of requests.', 'gateway.rate-limit'),
  fault('log-retention-short', 'The audit log goes back 40 days and is set to be kept for 49.', 'log.source'),
  fault('log-gap', 'Five days are missing from the audit log.', 'log.source'),
  fault('log-world-readable', 'Everybody on the machine can read the audit log.', 'log.source'),
]

function fault(id: string, sentence: string, ...shownBy: readonly string[]): PlantedFault {
  return { id, sentence, shownBy }
}
