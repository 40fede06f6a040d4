// SPDX-License-Identifier: Apache-2.0
// check.mjs: yika-kms and yika-kms-front as processes, met by openssl s_client as the document writes it and by the TLS
// of Node.js: what is answered, who is refused, and what becomes of everybody when something fails.

import { chmodSync, existsSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { connect as connectPlain, createServer } from 'node:net'
import { once } from 'node:events'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { DAEMON_ENV, documented, endAll, program, shell, Site } from './site.mjs'
import { Client, OP, body, fields, frame, openBlock, split, tac } from './wire.mjs'
import { check, finish, sleep, until } from './tap.mjs'

const TRANSPORT = Buffer.from('YIKA-TEST-SAM-TRANSPORT-KEY-0001') // of test sites, known to everybody
const RIGHTS = { ops: 'all diversify-wrap', usages: 'all', labels: '*', rate: 100000, burst: 100000 }
const MANY = Number(process.env.YIKA_FRONT_CONNECTIONS ?? 1000)

const site = new Site()
const clients = {}

// How a certificate comes in.
const by = (name) => ({ ca: site.file('clients-ca.pem'), cert: site.file(`${name}.pem`), key: site.file(`${name}.key`) })
const open = (front, name = 'bank-1', options = {}) => Client.open(front.port, { ...by(name), ...options })

async function register(name) {
  const answer = await site.officers.agreed('conf', 'mk',
    { command: 'client.add', name, fingerprint: clients[name].fingerprint, ...RIGHTS })
  clients[name].id = answer.id
}

async function makeKeys() {
  const { id: issuer } = await site.officers.as('conf', { command: 'issuer.add', code: 'CAMPUS01', name: 'campus' })
  const { id: product } = await site.officers.as('conf',
    { command: 'product.add', issuer, code: 'EP', name: 'purse', kind: 'DKEY', place: 'host' })
  const define = (code, usage, algorithm, bits, mode) => site.officers.as('conf',
    { command: 'key.define', product, code, name: code, usage, algorithm, bits, mode, exportability: 'E', levels: 0 })
  const keys = [await define('DTK', '23', 'T', 112, 'X'), await define('MAC', 'M6', 'A', 128, 'C')]
  for (const { id } of keys)
    await site.officers.as('key', { command: 'version.generate', key: id, at_once: true })
}

async function prepare() {
  shell(documented('authority'), site.front)
  clients['bank-1'] = { fingerprint: site.issue('bank-1').fingerprint }
  shell('cp bank-1.pem client.pem; cp bank-1.key client.key', site.front)
  for (const name of ['bank-2', 'stranger', 'leaver']) clients[name] = site.issue(name)
  site.issue('expired', '-startdate 20200101000000Z -enddate 20200102000000Z')
  site.issue('server', '', 'front')
  site.configure()
  const core = await site.startCore()
  await site.officers.connect()
  await site.officers.enter('mk', readFileSync(join(site.kms, 'first-officer-invitation'), 'utf8').trim())
  await site.officers.invite('conf', 'conf')
  await site.officers.invite('key', 'key')
  for (const name of ['bank-1', 'bank-2', 'leaver']) await register(name)
  await makeKeys()
  return core
}

// --- before it starts ---

const runFront = (...args) =>
  spawnSync(program('yika-kms-front'), ['--dir', site.front, ...args], { encoding: 'utf8', timeout: 20000, env: DAEMON_ENV })

function refusesToStart(name, pattern, ...args) {
  const done = runFront(...args)
  check(`it does not start with ${name}`, done.status !== 0 && done.status !== null)
  check(`and says what to do with ${name}`, pattern.test(done.stderr) || done.stderr)
}

function checkStart() {
  chmodSync(join(site.front, 'front.key'), 0o640)
  refusesToStart('a key that others can read', /\[tls\] key = .*front\.key: can be read by others; chmod 600/)
  chmodSync(join(site.front, 'front.key'), 0o600)
  refusesToStart('no revocation list', /\[tls\] crl = .*none\.pem: No such file.*service-protocol\.md 15/,
    '--set', 'tls.crl=none.pem')
  refusesToStart('a revocation list that is none', /revocation list .*client\.pem/, '--set', 'tls.crl=client.pem')
  refusesToStart('the key of another certificate', /key/, '--set', 'tls.key=client.key')
  refusesToStart('an address that is none', /nowhere/, '--set', 'front.address=nowhere')
  refusesToStart('a limit beyond the greatest', /connections/, '--set', 'limits.connections=4001')
  site.configure('[limits]\nconections = 5\n')
  refusesToStart('a word that is unknown', /front\/front\.conf, line 6: unknown key limits\.conections, did you mean limits\.connections/)
  site.configure()
  check('--check-config finds nothing', runFront('--check-config').status, 0)
  check('--show-config shows the limits', /per_certificate = 128/.test(runFront('--show-config').stdout))
}

function checkHardened(front) {
  const status = readFileSync(`/proc/${front.child.pid}/status`, 'utf8')
  check('no new privileges', /NoNewPrivs:\t1/.test(status))
  check('a filter of system calls', /Seccomp:\t2/.test(status))
  check('no core files', /Max core file size +0 +0/.test(readFileSync(`/proc/${front.child.pid}/limits`, 'utf8')))
}

// --- what is answered ---

function checkDocument(front) {
  const told = (name) => shell(documented(name).replace('8589', front.port), site.front).trim().split(/\s+/)
  check('ping as the document writes it', told('ping').join(''), '4f43010200f000000000000100000000')
  const hello = Buffer.from(told('hello').join(''), 'hex')
  check('hello as the document writes it', split(hello).frames[0].status, 0)
  check('it says protocol 1', fields(hello.subarray(16))[0x10][0].toString('hex'), '01')
  check('and its limits', fields(hello.subarray(16))[0x1b][0].toString('hex'), '00010000002003e8')
}

async function checkOperations(front) {
  const client = await open(front)
  check('TLS 1.3', client.socket.getProtocol(), 'TLSv1.3')
  check('ping', await client.status(), 0)
  const random = await client.ask(OP.random, [0x1b, [0, 32]])
  check('random bytes', [random.status, random.fields[5][0].length], [0, 32])
  const text = Buffer.alloc(60000, 'campus')
  const digest = await client.ask(OP.sm3, [4, text])
  check('SM3 of 60,000 bytes', digest.fields[5][0],
    Buffer.from(shell(`head -c 60000 < <(yes campus | tr -d '\\n') | openssl dgst -sm3 -r`, site.front).split(' ')[0], 'hex'))
  const mac = await client.ask(OP.macMake, [1, 'CAMPUS01.EP.MAC.00'], [4, 'pay 10'])
  check('a MAC', [mac.status, mac.fields[5][0].length], [0, 16])
  const verify = (data) => client.status(OP.macVerify, [1, 'CAMPUS01.EP.MAC.00'], [4, data], [0x11, mac.fields[5][0]])
  check('that verifies', await verify('pay 10'), 0)
  check('and of other data does not', await verify('pay 90'), 8)
  check('a key that is not there', await client.status(OP.macMake, [1, 'CAMPUS01.EP.NONE.00'], [4, 'x']), 4)
  check('no operation', await client.status(0x99), 2)
  check('who it is is not for clients to say', await client.status(OP.identify, [4, Buffer.alloc(32)]), 2)
  check('a body that does not add up', (client.send(frame(OP.sm3, 900, Buffer.from('0004FFFF', 'hex'))),
    (await client.answer(900)).status), 1)
  await checkTac(client)
  await client.close()
}

// The card's TAC key leaves wrapped, is opened here, and a TAC is computed without any code of ours.
async function checkTac(client) {
  const factor = Buffer.from('1234567890123456', 'hex')
  const wrapped = await client.ask(OP.wrap, [1, 'CAMPUS01.EP.DTK.00'], [7, factor], [0x0f, 'SITE.SAM.TEST.01'], [0x10, 'D'])
  check('a card key leaves wrapped', wrapped.status, 0)
  const key = openBlock(TRANSPORT, wrapped.fields[5][0].toString())
  check('it is a card key', key.length, 16)
  const data = Buffer.from('000003E8061122334455660000012320261122123456', 'hex')
  const right = Buffer.concat([factor, data, tac(key, data)])
  const wrong = Buffer.from(right)
  wrong[wrong.length - 1] ^= 1
  const asked = (...items) => client.ask(OP.tacVerify, [1, 'CAMPUS01.EP.DTK.00'], [2, [1]], ...items.map((i) => [4, i]))
  check('its TAC verifies', (await asked(right)).status, 0)
  const mixed = await asked(right, wrong, right)
  check('a wrong one among others', [mixed.status, mixed.fields[5][0].toString('hex')], [8, 'a0'])
}

async function checkPipeline(front) {
  const client = await open(front)
  const ids = Array.from({ length: 400 }, (_, i) => i + 1)
  client.send(Buffer.concat(ids.map((id) => frame(id % 3 ? OP.ping : OP.random, id, id % 3 ? undefined : body([0x1b, [0, 16]])))))
  await until(() => client.answers.length === ids.length)
  check('400 requests at once are all answered', client.answers.map((a) => a.id).sort((a, b) => a - b), ids)
  check('all well', client.answers.every((a) => a.status === 0))
  client.answers = []
  const whole = frame(OP.ping, 77)
  for (const byte of whole) { client.send(Buffer.from([byte])); await sleep(2) }
  check('a frame in single bytes', (await client.answer(77)).status, 0)
  client.send(frame(OP.ping, 78))
  client.socket.end()
  check('who says good-bye is answered before', (await client.answer(78)).status, 0)
  check('and then let go', await client.isClosedWithin(5000))
}

// --- who is refused ---

async function refused(front, name, options, why) {
  const from = front.log.length
  const client = await Client.open(front.port, options)
  client.send(frame(OP.ping, 1))
  check(`${name} is refused`, (await client.answer(1)).status, 'closed')
  check(`${name}: the log says why`, Boolean(await front.said(why, 5000, from)) || front.log.slice(from))
  return front.log.slice(from)
}

async function checkStrangers(front) {
  const other = join(site.dir, 'other')
  shell(`mkdir '${other}'; cd '${other}'; ${documented('authority')}${documented('client')}`, site.dir)
  const ca = site.file('clients-ca.pem')
  const foreign = { ca, cert: readFileSync(join(other, 'client.pem')), key: readFileSync(join(other, 'client.key')) }
  await refused(front, 'no certificate', { ca }, /front\.refused .*did not return a certificate/)
  const log = await refused(front, "another authority's certificate", foreign, /front\.refused .*unable to get local issuer/)
  const print = shell('openssl x509 -in client.pem -outform DER | openssl dgst -sha256 -r', other).split(' ')[0].toUpperCase()
  check('with its subject and fingerprint', (log.includes('subject="CN=bank-1"') && log.includes(`sha256=${print}`)) || log)
  await refused(front, 'an expired certificate', by('expired'), /front\.refused .*certificate has expired.*CN=expired/)
  await refused(front, "a server's certificate", by('server'), /front\.refused .*unsuitable certificate purpose/)
  await refused(front, 'TLS 1.2', { ...by('bank-1'), maxVersion: 'TLSv1.2' }, /front\.refused .*unsupported protocol/)
  const self = await Client.open(front.port, { ...by('bank-1'), ca: readFileSync(join(other, 'clients-ca.pem')) })
  check('a client sees that the front is another', self.error !== undefined)
}

async function checkUnregistered(front) {
  const from = front.log.length
  const client = await open(front, 'stranger')
  check('a certificate that nobody registered', await client.status(), 3)
  check('is let go', await client.isClosedWithin(5000))
  check('and logged', Boolean(await front.said(/front\.stranger .*CN=stranger/, 5000, from)))
}

async function checkStopped(front) {
  const client = await open(front, 'leaver')
  check('a client', await client.status(), 0)
  await site.officers.as('conf', { command: 'client.stop', id: clients.leaver.id })
  check('that is stopped while connected', await until(async () => (await client.status()) === 3))
  const again = await open(front, 'leaver')
  check('and cannot come back', await again.status(), 3)
  check('and is let go', await again.isClosedWithin(5000))
  await client.close()
}

async function checkRevoked(front) {
  const client = await open(front, 'bank-2')
  const other = await open(front)
  check('before it is revoked', await client.status(), 0)
  const from = front.log.length
  shell(documented('revoke').replaceAll('client.pem', 'bank-2.pem'), site.front)
  check('a revoked certificate loses its connection', await client.isClosedWithin(5000))
  check('the log says why', Boolean(await front.said(/front\.refused .*certificate revoked.*CN=bank-2/, 5000, from)))
  await refused(front, 'a revoked certificate', by('bank-2'), /front\.refused .*certificate revoked/)
  check('others stay', await other.status(), 0)
  const list = site.file('clients-crl.pem')
  writeFileSync(join(site.front, 'clients-crl.pem'), list.subarray(0, 100))
  check('half a list is not taken', Boolean(await front.said(/error front\.files .*revocation list/, 5000, from)))
  check('the one before holds', await (await open(front)).status(), 0)
  await refused(front, 'a revoked certificate still', by('bank-2'), /front\.refused .*certificate revoked/)
  writeFileSync(join(site.front, 'clients-crl.pem'), list)
  await other.close()
}

async function checkOldList(front) {
  const list = site.file('clients-crl.pem')
  shell('openssl ca -config ca.conf -gencrl -crlsec 1 -out short.pem; sleep 2; cp short.pem clients-crl.pem', site.front)
  check('a list runs out', await until(async () => {
    const client = await open(front)
    const status = await client.status()
    await client.close()
    return status === 'closed'
  }))
  await refused(front, 'anybody under a list that has run out', by('bank-1'), /front\.refused .*CRL has expired/)
  writeFileSync(join(site.front, 'clients-crl.pem'), list)
  check('and a new list lets them in', await until(async () => {
    const client = await open(front)
    const status = await client.status()
    await client.close()
    return status === 0
  }))
}

async function checkTls12() {
  const front = await site.startFront('tls.tls12=yes')
  const client = await open(front, 'bank-1', { maxVersion: 'TLSv1.2' })
  check('TLS 1.2 where it is allowed', [client.socket.getProtocol(), await client.status()], ['TLSv1.2', 0])
  check('with ECDHE', /^ECDHE-/.test(client.socket.getCipher().name))
  await client.close()
  const weak = await open(front, 'bank-1', { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:AES128-GCM-SHA256' })
  check('without it', weak.error !== undefined)
  await refused(front, 'a revoked certificate over TLS 1.2', { ...by('bank-2'), maxVersion: 'TLSv1.2' }, /certificate revoked/)
  await front.end()
}

// --- who does not keep to the protocol ---

async function checkGarbage(front) {
  const rows = [
    ['garbage', Buffer.from('GET / HTTP/1.1\r\nHost: kms\r\n\r\n')],
    ['another version', Buffer.from('4F43020100F000000000000100000000', 'hex')],
    ['an answer', frame(OP.ping, 1, undefined, 2)],
    ['a request with a status', frame(OP.ping, 1, undefined, 1, 8)],
    ['a frame of 65,537 bytes', Buffer.from('4F43010100F00000000000010000FFF1', 'hex')],
    ['a frame of 4 GB', Buffer.from('4F43010100F0000000000001FFFFFFFF', 'hex')],
  ]
  for (const [name, bytes] of rows) {
    const client = await open(front)
    check(`before ${name}`, await client.status(), 0)
    client.send(bytes)
    check(`${name} ends the connection`, await client.isClosedWithin(1500))
    check(`${name} is not answered`, [client.answers.length, client.rest.length], [0, 0])
  }
  const longest = await open(front)
  longest.send(frame(OP.sm3, 5, body([4, Buffer.alloc(65516)])))
  check('a frame of 65,536 bytes is well', (await longest.answer(5)).status, 0)
  await longest.close()
}

async function checkSilence() {
  const front = await site.startFront('limits.handshake_s=1', 'limits.frame_s=1', 'limits.idle_s=3')
  const plain = connectPlain(front.port, '127.0.0.1').resume()
  const slow = connectPlain(front.port, '127.0.0.1').resume()
  slow.on('error', () => {}) // reset in the middle of its drops
  const drops = setInterval(() => slow.write('\x16'), 200)
  const half = await open(front)
  half.send(frame(OP.ping, 1).subarray(0, 9))
  const steady = await open(front)
  const began = Date.now()
  await Promise.all([once(plain, 'close'), once(slow, 'close')])
  clearInterval(drops)
  check('silence before the handshake', Date.now() - began < 4000 && /front\.refused .*handshake too slow/.test(front.log))
  check('half a frame and silence', await half.isClosedWithin(4000))
  check('the log says so', /front\.closed .*half a frame/.test(front.log))
  for (let i = 0; i < 8; i++, await sleep(500)) check('who asks now and then stays', await steady.status(), 0)
  check('who asks nothing does not', await steady.isClosedWithin(6000))
  check('the log says that too', /front\.closed .*idle/.test(front.log))
  await front.end()
}

async function checkLimits() {
  const front = await site.startFront('limits.connections=6', 'limits.per_certificate=3', 'limits.per_address=5')
  const ours = []
  for (let i = 0; i < 3; i++) ours.push(await open(front))
  await refused(front, 'a fourth connection of one certificate', by('bank-1'), /too many with one certificate/)
  for (let i = 0; i < 2; i++) ours.push(connectPlain(front.port, '127.0.0.1').on('error', () => {}))
  await until(() => ours.every((one) => one instanceof Client || one.readyState === 'open'))
  await refused(front, 'a sixth connection of one address', by('stranger'), /too many from one address/)
  check('those that were there stay', await ours[0].status(), 0)
  for (const one of ours.slice(3)) one.destroy()
  await ours[0].close()
  check('room again', await until(async () => (await (await open(front)).status()) === 0))
  await front.end()
  const full = await site.startFront('limits.connections=1')
  const only = await open(full)
  await refused(full, 'one more than all', by('bank-1'), /front\.refused .*full/)
  check('the one stays', await only.status(), 0)
  await full.end()
}

// --- the key manager goes away ---

async function checkCoreAway(front, core) {
  const client = await open(front)
  check('before', await client.status(), 0)
  core.child.kill('SIGSTOP')
  const state = `/proc/${core.child.pid}/status`
  check('it stands still', await until(() => /State:\tT/.test(readFileSync(state, 'utf8'))))
  for (let id = 1001; id <= 1005; id++) client.send(frame(OP.ping, id))
  await sleep(300)
  await core.end('SIGKILL')
  const told = []
  for (let id = 1001; id <= 1005; id++) told.push((await client.answer(id)).status)
  check('what was under way failed', told, [11, 11, 11, 11, 11])
  check('then it is busy', [await client.status(), await client.status(OP.random, [0x1b, [0, 8]])], [10, 10])
  const late = await open(front)
  check('who comes meanwhile is told so', await late.status(), 10)
  check('the log says it once', front.log.match(/front\.core_away/g).length, 1)
  site.officers.disconnect()
  const again = await site.startCore()
  check('it goes on by itself', await until(async () => (await client.status()) === 0))
  check('for all', await until(async () => (await late.status()) === 0))
  check('and says so', Boolean(await front.said(/front\.core_back/)))
  await client.close()
  await late.close()
  await site.officers.connect()
  return again
}

// A key manager that does not keep to its protocol: `answer(request, socket)`.
async function withFake(answer, set, play) {
  const path = join(site.dir, 'fake.sock')
  const sockets = new Set()
  if (existsSync(path)) unlinkSync(path)
  const server = createServer((socket) => {
    let rest = Buffer.alloc(0)
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      const parts = split(Buffer.concat([rest, chunk]))
      rest = Buffer.from(parts.rest)
      for (const request of parts.frames) answer(request, socket)
    })
  }).listen(path)
  await once(server, 'listening')
  const front = await site.startFront(`core.socket=${path}`, ...set)
  await play(front)
  await front.end()
  for (const socket of sockets) socket.destroy()
  server.close()
}

const echo = (request, socket, content) => socket.write(frame(request.op, request.id, content, 2))
const welcome = (request, socket) => request.op === OP.identify && echo(request, socket)

async function checkBadCore() {
  const prints = []
  await withFake((request, socket) => {
    if (request.op === OP.identify) prints.push(fields(request.body)[4][0].toString('hex').toUpperCase())
    echo(request, socket)
  }, [], async (front) => {
    check('it is told the certificate', [await (await open(front)).status(), prints], [0, [clients['bank-1'].fingerprint]])
  })
  const rows = [
    ['never answers who it is', () => {}, [10]],
    ['answers nothing', welcome, [11]],
    ['answers with garbage', (r, s) => welcome(r, s) || s.write('garbage of some length'), [11]],
    ['answers another request', (r, s) => welcome(r, s) || s.write(frame(r.op, r.id + 1, undefined, 2)), [11]],
    ['answers with a request', (r, s) => welcome(r, s) || s.write(frame(r.op, r.id)), [11]],
    ['answers half', (r, s) => welcome(r, s) || (s.write(frame(r.op, r.id, Buffer.alloc(9), 2).subarray(0, 20)), s.end()), [11]],
    ['closes at once', (r, s) => s.end(), [10]],
  ]
  for (const [name, answer, want] of rows)
    await withFake(answer, ['core.answer_s=1'], async (front) => {
      const client = await open(front)
      check(`a key manager that ${name}`, await client.status(), want[0])
      check(`${name}: the client stays`, !client.isClosed)
    })
}

async function checkSlowReader() {
  const big = Buffer.alloc(65000, 'x')
  const asks = (client, count) => client.send(Buffer.concat(Array.from({ length: count }, (_, i) => frame(OP.ping, i + 1))))
  await withFake((r, s) => welcome(r, s) || echo(r, s, big), ['limits.send_s=2'], async (front) => {
    const slow = await open(front)
    asks(slow, 1)
    await until(() => slow.answers.length === 1)
    slow.socket.pause()
    asks(slow, 900)
    await sleep(1500)
    const memory = Number(readFileSync(`/proc/${front.child.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1])
    slow.socket.resume()
    await until(() => slow.answers.length === 901)
    check('answers wait for a client that is slow', slow.answers.length, 901)
    check('and are whole', slow.answers.every((a) => a.body.equals(big)))
    const stuck = await open(front)
    stuck.socket.pause()
    asks(stuck, 900)
    check('who takes none is let go', Boolean(await front.said(/front\.closed .*does not take its answers/, 8000)))
    const after = Number(readFileSync(`/proc/${front.child.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1])
    check('and little is kept for them', after - memory < 4096 || [memory, after])
    stuck.close()
  })
}

// --- many ---

async function checkHundred(front) {
  const all = await Promise.all(Array.from({ length: 100 }, () => open(front)))
  const told = await Promise.all(all.map(async (client) => {
    const statuses = []
    for (let i = 0; i < 20; i++) statuses.push(await client.status(i % 2 ? OP.ping : OP.random, ...(i % 2 ? [] : [[0x1b, [0, 8]]])))
    return statuses.every((s) => s === 0)
  }))
  check('100 connections, 20 requests each', told.filter(Boolean).length, 100)
  await Promise.all(all.map((client) => client.close()))
}

async function checkThousand() {
  const most = MANY + 10
  const front = await site.startFront(`limits.connections=${most}`, `limits.per_certificate=${most}`, `limits.per_address=${most}`)
  const all = []
  while (all.length < MANY)
    all.push(...await Promise.all(Array.from({ length: Math.min(50, MANY - all.length) }, () => open(front))))
  check(`${MANY} connections`, all.filter((client) => !client.isClosed).length, MANY)
  const began = Date.now()
  const told = await Promise.all(all.map((client) => client.status()))
  console.log(`# ${MANY} pings on as many connections: ${Date.now() - began} ms`)
  check('all are answered', told.filter((s) => s === 0).length, MANY)
  const from = front.log.length
  front.child.kill('SIGUSR1')
  check('SIGUSR1 tells the figures', Boolean(await front.said(new RegExp(`front\\.figures open=${MANY} .*requests=${MANY}`), 5000, from)))
  all[0].send(frame(OP.ping, 5000))
  await all[0].answer(5000)
  const [code] = await front.end('SIGTERM')
  check('it stops in order', code, 0)
  check('and says good-bye to all', (await Promise.all(all.map((client) => client.isClosedWithin(5000)))).every(Boolean))
}

async function checkNewCertificate(front) {
  const client = await open(front)
  const old = client.socket.getPeerCertificate().fingerprint256
  shell('openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=kms-front" -keyout new.key -out front.csr;' +
    'openssl ca -config ca.conf -batch -notext -extensions front -in front.csr -out new.pem', site.front)
  const from = front.log.length
  renameSync(join(site.front, 'new.key'), join(site.front, 'front.key'))
  renameSync(join(site.front, 'new.pem'), join(site.front, 'front.pem'))
  front.child.kill('SIGHUP')
  check('SIGHUP reads the files again', Boolean(await front.said(/info front\.files /, 5000, from)))
  const fresh = await open(front)
  check('a new certificate of its own', fresh.socket.getPeerCertificate().fingerprint256 !== old)
  check('both are served', [await client.status(), await fresh.status()], [0, 0])
  await client.close()
  await fresh.close()
}

async function main() {
  let core = await prepare()
  checkStart()
  const front = await site.startFront()
  checkHardened(front)
  checkDocument(front)
  await checkOperations(front)
  await checkPipeline(front)
  await checkStrangers(front)
  await checkUnregistered(front)
  await checkGarbage(front)
  await checkHundred(front)
  core = await checkCoreAway(front, core)
  await checkStopped(front)
  await checkRevoked(front)
  await checkOldList(front)
  await checkNewCertificate(front)
  await checkTls12()
  await checkSilence()
  await checkLimits()
  await checkBadCore()
  await checkSlowReader()
  await checkThousand()
  check('the front stops in order', (await front.end('SIGTERM'))[0], 0)
  check('no sanitizer spoke', /ERROR: (Address|Leak)Sanitizer|runtime error/.test(front.log), false)
  site.officers.disconnect()
  check('the key manager stops in order', (await core.end('SIGTERM'))[0], 0)
}

let status = 1
try {
  await main()
  status = finish()
} catch (error) {
  console.log(`not ok - ${String(error.stack).replaceAll('\n', '\n# ')}`)
}
await endAll()
if (status === 0) site.remove()
process.exit(status)
