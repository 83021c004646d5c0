import { expect, test } from 'vitest'
import { createPacer } from '../../../../collectors/tls/pacer.ts'

/** Tasks that end when they are told to. */
function tasks() {
  const running: (() => void)[] = []
  let most = 0
  const task = (): Promise<void> =>
    new Promise<void>((resolve) => {
      running.push(resolve)
      most = Math.max(most, running.length)
    })
  const endOne = async (): Promise<void> => {
    running.shift()?.()
    await new Promise(setImmediate)
  }
  return { task, running, most: () => most, endOne }
}

test('no more tasks run at once than the width allows', async () => {
  const { task, running, most, endOne } = tasks()
  const pacer = createPacer(3)
  const all = Promise.all(Array.from({ length: 8 }, () => pacer.run(task)))
  await new Promise(setImmediate)
  while (running.length > 0) await endOne()
  await all
  expect(most()).toBe(3)
})

test('slowing down halves the width once for all that started under it, and never below one', () => {
  const pacer = createPacer(16)
  pacer.slowDown(16)
  pacer.slowDown(16)
  expect(pacer.width).toBe(8)
  for (const width of [8, 4, 2, 1]) pacer.slowDown(width)
  expect(pacer.width).toBe(1)
})

test('recovering takes back the last slowing down', () => {
  const pacer = createPacer(16)
  pacer.slowDown(16)
  pacer.recover()
  expect(pacer.width).toBe(16)
})

test('a task that wants to be alone waits for the others and holds back the next', async () => {
  const { task, running, endOne } = tasks()
  const pacer = createPacer(4)
  const first = pacer.run(task)
  let aloneWith = -1
  const alone = pacer.run(async () => {
    aloneWith = running.length
    return await task()
  }, 'alone')
  const last = pacer.run(task)
  await new Promise(setImmediate)
  expect(running).toHaveLength(1)
  await endOne()
  expect(running).toHaveLength(1)
  expect(aloneWith).toBe(0)
  await endOne()
  await alone
  expect(running).toHaveLength(1)
  await endOne()
  await Promise.all([first, last])
})

test('a task that fails gives its place back', async () => {
  const pacer = createPacer(1)
  await expect(pacer.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await pacer.run(() => Promise.resolve(1))).toBe(1)
})
