// Servers that break one sentence each, in the ways Node's frameworks invite.

import { OWN, Refused, Server, error } from "./conforming.mjs";

// The shape of the authorization tutorial: a plain object of transports, one branch for missing and unknown ids.
export class PlainObjectMap extends Server {
  sessionOf(request) {
    const session = this.sessions.get(request.headers["mcp-session-id"]);
    if (session === undefined) throw new Refused(400, "Invalid or missing session ID");
    return session;
  }
}

// The suggested one-word fix of it: 404 for both.
export class OneWordFix extends Server {
  sessionOf(request) {
    const session = this.sessions.get(request.headers["mcp-session-id"]);
    if (session === undefined) throw new Refused(404, "Invalid or missing session ID");
    return session;
  }
}

// POST is fixed, GET and DELETE were forgotten.
export class OnlyPostFixed extends Server {
  sessionOf(request, user) {
    const id = request.headers["mcp-session-id"];
    if (request.method !== "POST" && !this.sessions.has(id)) throw new Refused(400, "Invalid or missing session ID");
    return super.sessionOf(request, user);
  }
}

// The handler of a closed transport never answers.
export class ClosedTransportHangs extends Server {
  ended = new Set();
  delete(request, response, user) {
    super.delete(request, response, user);
    this.ended.add(request.headers["mcp-session-id"]);
  }
  async post(request, response, body, user) {
    if (this.ended.has(request.headers["mcp-session-id"]) && this.messageOf(body).id !== undefined) return;
    await super.post(request, response, body, user);
  }
}

// DELETE is answered and nothing is removed from the map.
export class ForgetsToRemove extends Server {
  delete(request, response, user) {
    this.sessionOf(request, user);
    response.writeHead(200).end();
  }
}

// An id made of the clock and Math.random.
export class WeakIds extends Server {
  newId() {
    return `session_${Date.now()}_${Math.random().toString(36).slice(2, 11)}`;
  }
}

// Express's default for a string.
export class HtmlAnswers extends Server {
  answers = "json";
  answer(session, message, response) {
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(JSON.stringify(this.resultOf(message)));
  }
}

// sendStatus(202) writes the word.
export class SendStatus202 extends Server {
  accepted(response) {
    response.writeHead(202, { "Content-Type": "text/plain" }).end("Accepted");
  }
}

// cors({ origin: "*" }) instead of validation.
export class CorsStar extends Server {
  checkOrigin() {}
}

// cors with a callback error: the framework answers 500.
export class CorsError extends Server {
  checkOrigin(request) {
    if (request.headers.origin !== undefined && !OWN.test(request.headers.origin)) throw new Refused(500, "Not allowed by CORS");
  }
}

// app.get was never called: 404.
export class GetNotRouted extends Server {
  get(request, response) {
    response.writeHead(404, { "Content-Type": "text/html" }).end("Cannot GET /mcp");
  }
}

// A verifier that throws a plain error.
export class VerifierThrows extends Server {
  demandsToken = true;
  isValid(claims) {
    if (!super.isValid(claims)) throw new Refused(500, "Internal Server Error");
    return true;
  }
}

// Sessions are bound to nobody.
export class BoundToNobody extends Server {
  demandsToken = true;
  userOf(request) {
    return super.userOf(request) && "anybody";
  }
}

// The version header is not looked at.
export class AnyVersion extends Server {
  checkVersion() {}
}

// A version error is a JSON-RPC error under 200.
export class VersionError200 extends Server {
  async post(request, response, body, user) {
    try {
      await super.post(request, response, body, user);
    } catch (refusal) {
      if (refusal.message !== "unsupported version") throw refusal;
      this.json(response, 200, error(this.messageOf(body).id, -32000, refusal.message));
    }
  }
}

// Messages go to every open stream of the session.
export class SendsEverywhere extends Server {
  answer(session, message, response) {
    const news = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };
    for (const listener of session.listeners) this.event(listener, news);
    return this.deliver(response, [news, this.resultOf(message)]);
  }
}

// Streams are left open after the response.
export class NeverEnds extends Server {
  finish() {}
}

// The process dies with the first session.
export class ExitsOnDelete extends Server {
  delete(request, response, user) {
    super.delete(request, response, user);
    response.on("close", () => process.exit(1));
  }
}
