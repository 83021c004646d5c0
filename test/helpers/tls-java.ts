import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort, program } from './tls-scanners.ts'
import { localCertificate, type Running } from './tls-servers.ts'

const run = promisify(execFile)

/** Why no JSSE server can be started on this machine; undefined where one can. */
export async function javaMissing(): Promise<string | undefined> {
  try {
    const { stdout } = await run('java', ['--list-modules'])
    return stdout.includes('jdk.compiler@') ? undefined : 'a Java that runs source files (a JDK, not a JRE)'
  } catch {
    return 'java'
  }
}

/** A server of Java's JSSE on 127.0.0.1 with RSA and EC keys: by its defaults, or with all that it has. */
export async function javaServer(folder: string, offer: 'defaults' | 'everything'): Promise<Running> {
  const port = await freePort()
  const stores: string[] = []
  for (const key of ['RSA-2048', 'P-256'] as const) {
    const { pem, keyPem } = localCertificate(key)
    const [bundle, store] = [join(folder, `${key}.pem`), join(folder, `${key}.p12`)]
    writeFileSync(bundle, pem + keyPem)
    await run('openssl', ['pkcs12', '-export', '-in', bundle, '-out', store, '-name', key, '-passout', 'pass:changeit'])
    stores.push(store)
  }
  const source = join(folder, 'JsseServer.java')
  writeFileSync(source, serverSource)
  return await program('java', ['-Xmx128m', source, String(port), offer, ...stores], port)
}

const serverSource = `
import java.io.FileInputStream;
import java.net.InetAddress;
import java.security.KeyStore;
import java.security.Security;
import java.util.concurrent.Executors;
import javax.net.ssl.*;

public class JsseServer {
  public static void main(String[] args) throws Exception {
    boolean everything = args[1].equals("everything");
    if (everything) Security.setProperty("jdk.tls.disabledAlgorithms", "");
    char[] password = "changeit".toCharArray();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, password);
    for (int index = 2; index < args.length; index++) {
      KeyStore one = KeyStore.getInstance("PKCS12");
      try (FileInputStream in = new FileInputStream(args[index])) { one.load(in, password); }
      String alias = one.aliases().nextElement();
      keys.setEntry(alias, one.getEntry(alias, new KeyStore.PasswordProtection(password)),
          new KeyStore.PasswordProtection(password));
    }
    KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
    managers.init(keys, password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory()
        .createServerSocket(Integer.parseInt(args[0]), 64, InetAddress.getByName("127.0.0.1"));
    SSLParameters parameters = server.getSSLParameters();
    parameters.setUseCipherSuitesOrder(true);
    if (everything) {
      parameters.setProtocols(new String[] {"SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"});
      parameters.setCipherSuites(server.getSupportedCipherSuites());
    }
    server.setSSLParameters(parameters);
    var pool = Executors.newCachedThreadPool();
    while (true) {
      SSLSocket socket = (SSLSocket) server.accept();
      pool.submit(() -> {
        try (socket) {
          socket.setSoTimeout(5000);
          socket.startHandshake();
        } catch (Exception ignored) { }
      });
    }
  }
}
`
