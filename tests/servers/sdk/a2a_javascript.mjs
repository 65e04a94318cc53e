// The JavaScript SDK of A2A on Express: node a2a_javascript.mjs MODE with MODE task, quiet (no streaming) or message.

import { randomUUID } from "node:crypto";
import express from "express";
import { AGENT_CARD_PATH, Role, TaskState } from "@a2a-js/sdk";
import { AgentEvent, DefaultRequestHandler, InMemoryTaskStore } from "@a2a-js/sdk/server";
import { agentCardHandler, jsonRpcHandler, UserBuilder } from "@a2a-js/sdk/server/express";

const [mode] = process.argv.slice(2);

const parts = () => [{ content: { $case: "text", value: "Echo" }, filename: "", mediaType: "text/plain" }];

class Echo {
  async execute(context, bus) {
    const { taskId, contextId, task, userMessage } = context;
    if (mode === "message") {
      const empty = { taskId: "", extensions: [], referenceTaskIds: [] };
      bus.publish(AgentEvent.message({ messageId: randomUUID(), role: Role.ROLE_AGENT, contextId, parts: parts(), ...empty }));
      bus.finished();
      return;
    }
    const status = (state) => ({ state, timestamp: new Date().toISOString() });
    if (!task) {
      const fresh = { id: taskId, contextId, artifacts: [], history: [userMessage] };
      bus.publish(AgentEvent.task({ ...fresh, status: status(TaskState.TASK_STATE_SUBMITTED) }));
    }
    const artifact = { artifactId: randomUUID(), name: "echo", description: "", parts: parts(), extensions: [] };
    bus.publish(AgentEvent.artifactUpdate({ taskId, contextId, artifact, append: false, lastChunk: true }));
    bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status: status(TaskState.TASK_STATE_COMPLETED) }));
    bus.finished();
  }

  async cancelTask() {}
}

const app = express();
const listening = app.listen(0, "127.0.0.1", () => {
  const { port } = listening.address();
  const card = {
    name: "Echo",
    description: "Echoes.",
    version: "1.0.0",
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    capabilities: { streaming: mode !== "quiet", pushNotifications: false, extensions: [], extendedAgentCard: false },
    supportedInterfaces: [
      { url: `http://127.0.0.1:${port}/rpc`, protocolBinding: "JSONRPC", tenant: "", protocolVersion: "1.0" },
    ],
    skills: [
      {
        id: "echo", name: "Echo", description: "Echoes.", tags: ["echo"], examples: [],
        inputModes: [], outputModes: [], securityRequirements: [],
      },
    ],
    securitySchemes: {},
    securityRequirements: [],
    signatures: [],
  };
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), new Echo());
  app.use(`/${AGENT_CARD_PATH}`, agentCardHandler({ agentCardProvider: requestHandler }));
  app.use("/rpc", jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication }));
  console.log(`listening 127.0.0.1 ${port}`);
});
