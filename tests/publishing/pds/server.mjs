// Bluesky's own PDS and PLC on loopback, their data in a temporary folder: node server.mjs PLC_PORT PDS_PORT
import fs from 'fs'
import os from 'os'
import path from 'path'
import { createRequire } from 'module'
import { PDS, envToCfg, envToSecrets } from '@atproto/pds'
import { Secp256k1Keypair } from '@atproto/crypto'
import * as ui8 from 'uint8arrays'

const { PlcServer, Database } = createRequire(import.meta.url)('@did-plc/server')
const [plcPort, pdsPort] = process.argv.slice(2).map(Number)
const plc = PlcServer.create({ db: Database.mock(), port: plcPort })
await plc.start()
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'pds-'))
const key = await Secp256k1Keypair.create({ exportable: true })
const env = {
  devMode: true,
  port: pdsPort,
  hostname: 'localhost',
  serviceHandleDomains: ['.test'],
  dataDirectory: dir,
  blobstoreDiskLocation: path.join(dir, 'blobs'),
  blobstoreDiskTmpLocation: path.join(dir, 'tmp'),
  didPlcUrl: `http://localhost:${plcPort}`,
  inviteRequired: false,
  disableSsrfProtection: true,
  jwtSecret: 'jwt-secret',
  adminPassword: 'admin-pass',
  dpopSecret: 'a'.repeat(64),
  rateLimitsEnabled: false,
  crawlers: [],
  plcRotationKeyK256PrivateKeyHex: ui8.toString(await key.export(), 'hex'),
}
const pds = await PDS.create(envToCfg(env), envToSecrets(env))
await pds.start()
console.log('{"ready":true}')
for (const signal of ['SIGTERM', 'SIGINT'])
  process.on(signal, async () => {
    await pds.destroy()
    await plc.destroy()
    fs.rmSync(dir, { recursive: true, force: true })
    process.exit(0)
  })
