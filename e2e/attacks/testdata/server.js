// Answers with what a Node application sees of the request's headers. Prints its port; ends with its standard input.
const http = require('node:http')

const server = http.createServer((req, res) => {
  const env = {}
  for (const [name, value] of Object.entries(req.headers)) {
    // Node folds letters only. Written as the other backends write it, so that all are judged alike.
    env['HTTP_' + name.toUpperCase().replaceAll('-', '_')] = String(value)
  }
  const raw = []
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    raw.push([req.rawHeaders[i], req.rawHeaders[i + 1]])
  }
  res.setHeader('Content-Type', 'application/json')
  res.setHeader('X-Backend', 'node')
  res.end(JSON.stringify({ env, raw }))
})

server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.on('end', () => process.exit(0)).resume()
