import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { showsStackTrace, versionsShown } from '../../../../collectors/gateway/disclosure.ts'
import { processorMs } from '../../../helpers/processor-time.ts'

describe('versions', () => {
  test.each([
    ['server', 'nginx/1.22.1'],
    ['server', 'Apache/2.4.57 (Debian) OpenSSL/3.0.11'],
    ['server', 'Jetty(9.4.z-SNAPSHOT)'],
    ['server', 'Microsoft-IIS/10.0'],
    ['x-powered-by', 'PHP/8'],
    ['x-powered-by', 'Phusion Passenger 6.0.4'],
    ['x-aspnet-version', '4.0.30319'],
    ['via', '1.1 edge (Varnish/7.1)'],
  ])('%s: %s tells one', (name, value) => {
    expect(versionsShown({ [name]: [value] }, '')).toEqual([`${name}: ${value}`])
  })

  test.each([
    ['server', 'nginx'],
    ['server', 'cloudflare'],
    ['server', 'ECS (nyb/1D2E)'],
    ['x-powered-by', 'Express'],
    ['via', '1.1 varnish, HTTP/2 edge-4'],
    ['x-request-id', '10.4.2'],
  ])('%s: %s tells none', (name, value) => {
    expect(versionsShown({ [name]: [value] }, '')).toEqual([])
  })

  test.each([
    ['<center>nginx/1.18.0</center>', 'body: nginx/1.18.0'],
    ['<address>Apache/2.4.57 (Debian) Server at localhost Port 80</address>', 'body: Apache/2.4.57'],
    ['<h3>Apache Tomcat/9.0.1</h3>', 'body: Apache Tomcat/9.0.1'],
  ])('an error page that says %s tells one', (body, shown) => {
    expect(versionsShown({}, body)).toEqual([shown])
  })

  test('an error page without a product’s name tells none', () => {
    expect(versionsShown({}, '{"type":"about:blank","status":404,"release":"10.4"}')).toEqual([])
  })
})

describe('stack traces', () => {
  test.each([
    ['Node.js', 'Error: there is no /x\n    at answer (/srv/api/handler.js:61:28)\n    at process.processTicks'],
    ['Node.js, an ES module', 'TypeError: x\n    at file:///srv/api/handler.ts:61:28'],
    ['Express in HTML', '<pre>Error: boom<br> &nbsp; &nbsp;at /srv/app/index.js:12:9<br></pre>'],
    [
      'Node.js in JSON',
      '{"stack":"Error: boom\\n    at answer (/srv/api/handler.js:61:28)\\n    at next (/srv/x.js:1:2)"}',
    ],
    ['Java', 'java.lang.NullPointerException\n\tat com.example.Api.get(Api.java:42)\n'],
    ['Java in JSON', '{"trace":"java.lang.X\\r\\n\\tat org.app.Web.call(Web.java:7)\\r\\n"}'],
    ['Kotlin lambdas', '\tat com.example.ApiKt$main$1.invoke(Api.kt:12)'],
    ['.NET', '   at Example.Api.Get(String id) in C:\\src\\Api.cs:line 42'],
    ['Python', 'Traceback (most recent call last):\n  File "/srv/app.py", line 3, in get'],
    ['PHP', 'Stack trace:\n#0 /var/www/index.php(12): Api->get()\n#1 {main}'],
    ['PHP in HTML', '<b>Fatal error</b>:  Uncaught Error in /var/www/index.php on line <b>12</b>'],
    ['Ruby', "/srv/app.rb:42:in `get'"],
    ['Go', 'panic: boom\n\ngoroutine 17 [running]:\nmain.main()'],
    ['Rust', 'stack backtrace:\n   0: rust_begin_unwind'],
    ['Django', 'You&#x27;re seeing this error because you have <code>DEBUG = True</code>'],
  ])('%s is recognised', (_, body) => {
    expect(showsStackTrace(body)).toBe(true)
  })

  test.each([
    ['nothing', ''],
    ['a problem document', '{"type":"about:blank","title":"Not Found","status":404,"detail":"there is no /x"}'],
    ['an nginx page', '<html><head><title>404 Not Found</title></head><body><center>nginx</center></body></html>'],
    ['prose with a time', 'The office is open at 10:30, and on Sundays at 11:00:00.'],
    ['a number sign', '#1 in the charts'],
  ])('%s is none', (_, body) => {
    expect(showsStackTrace(body)).toBe(false)
  })

  test('no text makes it throw', () => {
    fc.assert(fc.property(fc.string(), (body) => void showsStackTrace(body)))
  })

  test('a body made to be slow takes no longer than a moment', async () => {
    const hostile = ['\n', ' ', 'at ', '    at a(', '#1 ', '</a>', '"]', '<br', 'Warning: ', 'a:1:', 'nginx/1.1.']
    const readAll = () => {
      for (const piece of hostile) {
        const body = piece.repeat(Math.ceil(300_000 / piece.length))
        showsStackTrace(body)
        versionsShown({}, body)
      }
    }
    expect(await processorMs(readAll)).toBeLessThan(4_000)
  })
})
