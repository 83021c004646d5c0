/** One fault that was built into the weak system on purpose, the control it breaks, and the observations that can show it. */
export type PlantedFault = {
  readonly id: string
  readonly control: string
  readonly sentence: string
  readonly shownBy: readonly string[]
}

/** Every fault of the weak system; the sound one has none of them. */
export const plantedFaults: readonly PlantedFault[] = [
  fault('tls-1.0', 'TLS-02', 'The API still offers TLS 1.0.', 'tls.protocol'),
  fault('tls-1.1', 'TLS-02', 'The API still offers TLS 1.1.', 'tls.protocol'),
  fault('tls-no-1.3', 'TLS-04', 'The API does not offer TLS 1.3.', 'tls.protocol'),
  fault(
    'tls-null-cipher',
    'TLS-05',
    'The API accepts cipher suites that encrypt nothing (NULL-SHA256, NULL-SHA).',
    'tls.protocol',
  ),
  fault('tls-no-forward-secrecy', 'TLS-06', 'The API accepts cipher suites without forward secrecy.', 'tls.protocol'),
  fault('certificate-expiring', 'CERT-02', 'The API’s certificate ends in five days.', 'tls.certificate'),
  fault(
    'legacy-certificate-expired',
    'CERT-01',
    'The certificate of the port left from the migration has expired.',
    'tls.certificate',
  ),
  fault(
    'issuer-http',
    'AUTH-02',
    'The identity provider and its keys are reached over plain HTTP.',
    'auth.discovery',
    'auth.jwks',
  ),
  fault(
    'implicit-flow',
    'AUTH-03',
    'The identity provider offers response types of the implicit flow.',
    'auth.discovery',
  ),
  fault(
    'open-registration',
    'AUTH-17',
    'The identity provider publishes a registration endpoint that takes anybody.',
    'auth.discovery',
  ),
  fault('jwks-rsa-1024', 'JWKS-02', 'One published signing key is RSA of 1024 bits.', 'auth.jwks'),
  fault('token-lifetime', 'AUTH-13', 'Access tokens hold for seven days.', 'auth.token'),
  fault('route-unprotected', 'AUTH-08', 'GET /reports/{id} answers without any credential.', 'auth.enforcement'),
  fault(
    'signature-unchecked',
    'AUTH-10',
    'GET /customers believes tokens whose signature nobody checks.',
    'auth.enforcement',
  ),
  fault('expiry-unchecked', 'AUTH-12', 'GET /customers/{id} takes expired tokens.', 'auth.enforcement'),
  fault('http-serves', 'GW-01', 'The plain HTTP port serves the API.', 'gateway.redirect'),
  fault('no-hsts', 'GW-02', 'No answer carries Strict-Transport-Security.', 'gateway.headers'),
  fault('no-security-headers', 'GW-04', 'Answers carry no security headers.', 'gateway.headers'),
  fault('version-banner', 'GW-07', 'Server and X-Powered-By name versions.', 'gateway.headers'),
  fault('stack-traces', 'GW-08', 'Error pages show stack traces.', 'gateway.headers'),
  fault('cors-reflected', 'GW-09', 'Every origin is allowed, with credentials.', 'gateway.cors'),
  fault('trace-echo', 'GW-12', 'TRACE is answered with the request.', 'gateway.method'),
  fault('no-rate-limit', 'GW-13', 'Nothing limits the rate of requests.', 'gateway.rate-limit'),
  fault('log-retention-short', 'LOG-01', 'The audit log goes back 40 days and is set to be kept for 49.', 'log.source'),
  fault('log-gap', 'LOG-03', 'Five days are missing from the audit log.', 'log.source'),
  fault('log-world-readable', 'LOG-06', 'Everybody on the machine can read the audit log.', 'log.source'),
]

function fault(id: string, control: string, sentence: string, ...shownBy: readonly string[]): PlantedFault {
  return { id, control, sentence, shownBy }
}
