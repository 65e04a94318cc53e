// Servers that choose differently and are right all the same.

import { Refused, Server } from "./conforming.mjs";

export class JsonAnswers extends Server {
  answers = "json";
}

export class Delete204 extends Server {
  deleteStatus = 204;
}

export class Delete405 extends Server {
  deleteStatus = 405;
}

export class NoStream extends Server {
  offersStream = false;
}

export class Authorized extends Server {
  demandsToken = true;
}

// One transport per process lifetime of a session, as an app-level map of transports has it: routed by the id only.
export class RoutedByMap extends Server {
  async post(request, response, body, user) {
    const id = request.headers["mcp-session-id"];
    if (id === undefined && this.messageOf(body).method !== "initialize") throw new Refused(400, "no session id");
    return super.post(request, response, body, user);
  }
}

// No session, no stream, no DELETE; a made-up id is ignored.
export class Stateless extends Server {
  offersStream = false;
  deleteStatus = 405;
  newId() {
    return "";
  }
  sessionOf(request, user) {
    return { id: "", user, listeners: new Set() };
  }
}

// Priming events and ids; nothing is replayed.
export class Primed extends Server {
  count = 0;
  startStream(response, headers) {
    super.startStream(response, headers);
    response.write(`id: ${++this.count}\ndata: \n\n`);
  }
  event(response, message) {
    response.write(`id: ${++this.count}\nevent: message\ndata: ${JSON.stringify(message)}\n\n`);
  }
}
