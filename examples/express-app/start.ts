import { createControlPlane } from '@fairlead/server'
import express from 'express'

const controlPlane = await createControlPlane({
  tools: { 'order.find': async ({ orderId }) => ({ orderId, status: 'shipped' }) },
})
const first = await controlPlane.bootstrapFirst({ name: 'My company', slug: 'my-company', keyName: 'First key' })
if (first) console.log(`API key, shown this once: ${first.key.secret}`)

const app = express()
app.get('/', (_request, response) => void response.send('My application'))
app.use('/fairlead', controlPlane.app)
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', (error) => {
  if (error) throw error
  const { port } = server.address() as { port: number }
  console.log(`My application: http://127.0.0.1:${port}, Fairlead in it: http://127.0.0.1:${port}/fairlead`)
})
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    server.close()
    await controlPlane.close()
  })
}
