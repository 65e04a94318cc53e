// Run one server: node serve.mjs NAME [--port N]. Prints "listening ADDRESS PORT".

import { createServer } from "node:http";
import * as conforming from "./conforming.mjs";
import * as faults from "./faults.mjs";
import * as variants from "./variants.mjs";

const [name, , port = "0"] = process.argv.slice(2);
const server = new { ...conforming, ...variants, ...faults }[name]();
const listening = createServer((request, response) => server.handle(request, response));
listening.listen(Number(port), server.host, () => {
  const { address, port } = listening.address();
  console.log(`listening ${address} ${port}`);
});
