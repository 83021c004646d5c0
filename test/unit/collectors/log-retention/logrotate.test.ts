import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseLogrotate } from '../../../../collectors/log-retention/logrotate/parse.ts'
import { retentionOf } from '../../../../collectors/log-retention/logrotate/retention.ts'

const configuration = `# see "man logrotate" for details
weekly
rotate 4
compress
  # an indented comment
include /etc/logrotate.d

/var/log/api/*.log "/var/log/with blank/a.log"
/var/log/other.log {
    daily
    rotate=400
    size 10M # to logrotate this is part of the value
    postrotate
        rotate 3
        # } is no end here
        }
    endscript
    maxage 90
}
/var/log/one.log { monthly
rotate 12 }
yearly
/var/log/late.log
{
  missingok
}
`

test('globals, includes and blocks are read in order, with the line each stands in', () => {
  const statements = parseLogrotate(configuration, '/etc/logrotate.conf')
  expect(statements).toEqual([
    { type: 'directive', name: 'weekly', value: '', at: '/etc/logrotate.conf:2' },
    { type: 'directive', name: 'rotate', value: '4', at: '/etc/logrotate.conf:3' },
    { type: 'directive', name: 'compress', value: '', at: '/etc/logrotate.conf:4' },
    { type: 'include', path: '/etc/logrotate.d', at: '/etc/logrotate.conf:6' },
    {
      type: 'block',
      patterns: ['/var/log/api/*.log', '/var/log/with blank/a.log', '/var/log/other.log'],
      at: '/etc/logrotate.conf:8',
      directives: [
        { name: 'daily', value: '', at: '/etc/logrotate.conf:10' },
        { name: 'rotate', value: '400', at: '/etc/logrotate.conf:11' },
        { name: 'size', value: '10M # to logrotate this is part of the value', at: '/etc/logrotate.conf:12' },
        { name: 'maxage', value: '90', at: '/etc/logrotate.conf:18' },
      ],
    },
    {
      type: 'block',
      patterns: ['/var/log/one.log'],
      at: '/etc/logrotate.conf:20',
      directives: [
        { name: 'monthly', value: '', at: '/etc/logrotate.conf:20' },
        { name: 'rotate', value: '12', at: '/etc/logrotate.conf:21' },
      ],
    },
    { type: 'directive', name: 'yearly', value: '', at: '/etc/logrotate.conf:22' },
    {
      type: 'block',
      patterns: ['/var/log/late.log'],
      at: '/etc/logrotate.conf:23',
      directives: [{ name: 'missingok', value: '', at: '/etc/logrotate.conf:25' }],
    },
  ])
})

test('a block that is never closed is none', () => {
  expect(parseLogrotate('/var/log/a.log {\n  daily\n', 'f')).toEqual([])
})

test('quotes and backslashes in names are taken off', () => {
  const line = String.raw`'/a b' "/c{d" /e\ f {`
  const [block] = parseLogrotate(`${line}\n}`, 'f')
  expect(block).toMatchObject({ patterns: ['/a b', '/c{d', '/e f'] })
})

test('no text makes the parser throw', () => {
  const lines = fc.constantFrom(
    '/a {',
    '}',
    '{',
    'rotate 5',
    'postrotate',
    'endscript',
    '"',
    "'",
    '#',
    '=',
    'include',
    '\\',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(lines, fc.string({ unit: 'binary' }))), (parts) => {
      parseLogrotate(parts.join('\n'), 'f')
      parseLogrotate(parts.join(' '), 'f')
    }),
  )
})

test('names without end are no trouble', () => {
  const names = 150_000
  const [block] = parseLogrotate(`${'/a '.repeat(names)}\n${'/b\n'.repeat(names)}{\n}`, 'f')
  expect(block?.type === 'block' && block.patterns.length).toBe(2 * names)
})

const days = (text: string) => retentionOf(directives(text)).days

function directives(text: string) {
  return text.split('; ').map((line, index) => {
    const [name = '', ...value] = line.split(' ')
    return { name, value: value.join(' '), at: `f:${index + 1}` }
  })
}

describe('configured days', () => {
  test.each<[string, number | 'forever' | null]>([
    ['daily; rotate 400', 400],
    ['weekly; rotate 4', 28],
    ['weekly 1; rotate 52', 364],
    ['monthly; rotate 1', 28],
    ['monthly; rotate 3', 89],
    ['monthly; rotate 12', 365],
    ['monthly; rotate 13', 393],
    ['monthly; rotate 24', 730],
    ['yearly; rotate 2', 730],
    ['hourly; rotate 48', 2],
    ['hourly; rotate 36', 1.5],
    ['minutes 30; rotate 48', 1],
    ['daily; rotate 400; maxage 90', 90],
    ['daily; rotate 30; maxage 90', 30],
    ['daily; rotate 30; maxage 0', 30],
    ['daily; rotate -1', 'forever'],
    ['size 10M; rotate -1', 'forever'],
    ['daily; rotate -1; maxage 400', 400],
    ['daily; rotate 0', 0],
    ['daily', 0],
    ['rotate 7', null],
    ['size 100M; rotate 10', null],
    ['size 100M; rotate 10; maxage 90', null],
    ['size 100M; daily; rotate 10', 10],
    ['daily; size 100M; rotate 10', null],
    ['daily; minsize 1M; rotate 10', 10],
    ['daily; rotate 4; rotate 30', 30],
    ['weekly; daily; rotate 30', 30],
    ['daily; rotate 010', 8],
    ['daily; rotate five', null],
    ['daily; rotate 5 # five', null],
    ['daily; rotate -2', null],
    ['daily; rotate 5; maxage old', null],
  ])('%s: %s', (text, expected) => {
    expect(days(text)).toBe(expected)
  })

  test('any row of months is at least as long as counted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 600 }), (count, month) => {
        const start = Date.UTC(1990, month, 1)
        const length = (Date.UTC(1990, month + count, 1) - start) / 86_400_000
        expect(days(`monthly; rotate ${count}`)).toBeLessThanOrEqual(length)
        expect(days(`monthly; rotate ${count}`)).toBeGreaterThan(length - 6)
      }),
    )
  })

  test('the basis says which line each figure comes from', () => {
    expect(retentionOf(directives('daily; rotate 400; maxage 90; maxsize 1G'))).toEqual({
      days: 90,
      basis: [
        { field: 'rotate', value: '400', at: 'f:2' },
        { field: 'period', value: 'daily', at: 'f:1' },
        { field: 'maxage', value: '90', at: 'f:3' },
        { field: 'maxsize', value: '1G', at: 'f:4' },
      ],
      remarks: ['maxsize (f:4) may rotate earlier, so that fewer days are kept'],
      olddir: null,
    })
  })

  test('what logrotate assumes is said to be its default', () => {
    expect(retentionOf([]).basis).toEqual([
      { field: 'rotate', value: '0', at: 'logrotate’s default' },
      { field: 'size', value: '1M', at: 'logrotate’s default' },
    ])
  })
})
