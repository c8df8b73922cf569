import { findPostgresBinaries } from '../packages/server/src/database/testing/postgres-binaries.ts'
import { durableSettings, startPostgresServer } from '../packages/server/src/database/testing/postgres-server.ts'
import { createPostgresTemplate } from '../packages/server/src/database/testing/postgres-template.ts'
import { openFairlead } from './durable-contenders.mjs'
import { Session } from 'node:inspector/promises'
import fs from 'node:fs'
const server = await startPostgresServer(await findPostgresBinaries(), durableSettings)
const template = await createPostgresTemplate(server.adminUrl)
const ours = await openFairlead(template.ownerUrl)
for(let i=0;i<500;i++)await ours.run()
const se=new Session();se.connect();await se.post('Profiler.enable');await se.post('Profiler.setSamplingInterval',{interval:200});await se.post('Profiler.start')
const c0=process.cpuUsage();const s=performance.now();const N=1500
for(let i=0;i<N;i++)await ours.run()
const cpu=process.cpuUsage(c0)
console.log('per run',(performance.now()-s)/N,'cpu',(cpu.user+cpu.system)/1000/N)
const {profile}=await se.post('Profiler.stop');fs.writeFileSync('/tmp/fl/me/durable.cpuprofile',JSON.stringify(profile))
await ours.close();await server.stop()
