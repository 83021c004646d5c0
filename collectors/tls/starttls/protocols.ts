/** Protocols that begin in plain text and change to TLS on the same connection, with the port that each has by itself. */
export const starttlsPorts = {
  smtp: 25,
  imap: 143,
  pop3: 110,
  ftp: 21,
  ldap: 389,
  postgres: 5_432,
  mysql: 3_306,
  xmpp: 5_222,
  'xmpp-server': 5_269,
} as const
export type StarttlsProtocol = keyof typeof starttlsPorts
export const starttlsProtocols = Object.keys(starttlsPorts) as [StarttlsProtocol, ...StarttlsProtocol[]]

/** URL schemes of the same protocols, for targets given as `smtp://mail.example.test`. */
export const starttlsSchemes: { readonly [scheme: string]: StarttlsProtocol } = {
  smtp: 'smtp',
  imap: 'imap',
  pop3: 'pop3',
  pop: 'pop3',
  ftp: 'ftp',
  ldap: 'ldap',
  postgres: 'postgres',
  postgresql: 'postgres',
  mysql: 'mysql',
  xmpp: 'xmpp',
  'xmpp-client': 'xmpp',
  'xmpp-server': 'xmpp-server',
}
