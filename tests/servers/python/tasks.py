"""Servers whose tools can be called as tasks (2025-11-25): a right one, and ones that break one sentence each."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import conforming

if TYPE_CHECKING:
    from conforming import Session
    from wire import Reply

RELATED = "io.modelcontextprotocol/related-task"
INVALID_PARAMS = -32602
METHOD_NOT_FOUND = -32601


class Tasks(conforming.Server):
    """One tool that can be a task, one that has to be, and one that must not; a task ends when its result is asked for."""

    capability: ClassVar[dict[str, Any]] = {"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}}
    first_status = "working"
    unknown_code = INVALID_PARAMS
    cursor_code = INVALID_PARAMS
    cancel_code = INVALID_PARAMS
    forbidden_code = METHOD_NOT_FOUND
    required_code = METHOD_NOT_FOUND

    def __init__(self) -> None:
        super().__init__()
        self.tasks: dict[Any, dict[str, Any]] = {}

    async def deliver(
        self, session: Session, messages: list[dict[str, Any]], reply: Reply, headers: dict[str, str] | None = None
    ) -> None:
        for message in messages:
            if "capabilities" in message.get("result", {}) and self.capability:
                message["result"]["capabilities"]["tasks"] = self.capability
        await super().deliver(session, messages, reply, headers)

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        params = message.get("params", {})
        match message["method"]:
            case "tools/list":
                return conforming.response(message, {"tools": [*conforming.TOOLS, *self.task_tools()]})
            case "tools/call" if "task" in params or params["name"] == "long":
                return self.called(message, params)
            case "tasks/list" if "cursor" in params:
                return conforming.error(message["id"], self.cursor_code, "no such cursor")
            case "tasks/list":
                return conforming.response(message, {"tasks": self.listed()})
            case "tasks/get" | "tasks/result" | "tasks/cancel":
                return self.asked(message, params)
        return super().result_of(message)

    def task_tools(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "inputSchema": {"type": "object"}, "execution": {"taskSupport": support}}
            for name, support in (("brew", "optional"), ("long", "required"))
        ]

    def called(self, message: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        if "task" not in params:
            return conforming.error(message["id"], self.required_code, "only as a task")
        if params["name"] == "echo":
            return conforming.error(message["id"], self.forbidden_code, "never as a task")
        return conforming.response(message, self.created(params["task"]))

    def created(self, asked: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat()
        task = {"status": self.first_status, "createdAt": now, "lastUpdatedAt": now, "ttl": asked["ttl"]}
        id = self.new_task_id()
        self.tasks[id] = {"taskId": id, **task}
        return {"task": self.shown(self.tasks[id])}

    def new_task_id(self) -> Any:
        return str(uuid.uuid4())

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        return dict(task)

    def listed(self) -> list[dict[str, Any]]:
        return [self.shown(task) for task in self.tasks.values()]

    def asked(self, message: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        task = self.tasks.get(params["taskId"])
        if task is None:
            return conforming.error(message["id"], self.unknown_code, "no such task")
        match message["method"]:
            case "tasks/get":
                return conforming.response(message, self.read(task))
            case "tasks/result":
                self.end(task)
                return conforming.response(message, self.result(task))
            case _ if task["status"] in ("completed", "failed"):
                return self.cancelled(message, task)
        task["status"] = "cancelled"
        return conforming.response(message, self.shown(task))

    def read(self, task: dict[str, Any]) -> dict[str, Any]:
        return self.shown(task)

    def end(self, task: dict[str, Any]) -> None:
        task["status"] = "completed"

    def result(self, task: dict[str, Any]) -> dict[str, Any]:
        return {"content": [{"type": "text", "text": "brewed"}], "_meta": {RELATED: {"taskId": task["taskId"]}}}

    def cancelled(self, message: dict[str, Any], task: dict[str, Any]) -> dict[str, Any]:
        return conforming.error(message["id"], self.cancel_code, "it has ended")


class TasksWithoutLists(Tasks):
    """Neither lists nor cancels tasks, and keeps them for ever."""

    capability: ClassVar[dict[str, Any]] = {"requests": {"tools": {"call": {}}}}

    def created(self, asked: dict[str, Any]) -> dict[str, Any]:
        return super().created({"ttl": None})


class TasksForget(Tasks):
    """A task is gone once its result was given."""

    def end(self, task: dict[str, Any]) -> None:
        del self.tasks[task["taskId"]]


class TasksFullUp(Tasks):
    """Has no room for another task."""

    def called(self, message: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        called = super().called(message, params)
        return called if "error" in called else conforming.error(message["id"], -32603, "too many tasks")


class TasksEndOnTheirOwn(Tasks):
    """A task ends on its own, before it is asked for."""

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        await super().answer(session, message, reply)
        for task in self.tasks.values():
            task["status"] = "completed"


class TasksRequiredCode(Tasks):
    """A plain call of a tool that has to be a task gets another error."""

    required_code = INVALID_PARAMS


class TasksForbiddenServed(Tasks):
    """A tool that must not be a task is one all the same."""

    def called(self, message: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        if params["name"] == "echo":
            return conforming.response(message, self.created(params["task"]))
        return super().called(message, params)


class TasksUnknownCode(Tasks):
    """A task that does not exist gets another error."""

    unknown_code = -32002


class TasksUnknownEmpty(Tasks):
    """A task that does not exist is one that failed."""

    def asked(self, message: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        if params["taskId"] in self.tasks:
            return super().asked(message, params)
        now = datetime.now(UTC).isoformat()
        task = {"taskId": params["taskId"], "status": "failed", "createdAt": now, "lastUpdatedAt": now, "ttl": None}
        return conforming.response(message, task)


class TasksCursorCode(Tasks):
    """An invalid cursor gets another error."""

    cursor_code = -32603


class TasksAtOnce(Tasks):
    """A call as a task returns the tool's result."""

    def created(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"content": [{"type": "text", "text": "brewed"}]}


class TasksBeginCompleted(Tasks):
    """A task is completed from the beginning."""

    first_status = "completed"


class TasksLocalTimes(Tasks):
    """Times are those of a person's calendar."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        return {**task, "createdAt": "25 Nov 2025 10:30"}


class TasksChangedWhenever(Tasks):
    """Nobody knows when a task changed."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        return {**task, "lastUpdatedAt": "recently"}


class TasksKeptInWords(Tasks):
    """How long a task is kept is said in words."""

    def read(self, task: dict[str, Any]) -> dict[str, Any]:
        return {**self.shown(task), "ttl": "an hour"}


class TasksListedWithoutTimes(Tasks):
    """The list does not say when tasks were made."""

    def listed(self) -> list[dict[str, Any]]:
        return [{name: value for name, value in task.items() if name != "createdAt"} for task in super().listed()]


class TasksReadOther(Tasks):
    """Another task is given than was asked for."""

    def read(self, task: dict[str, Any]) -> dict[str, Any]:
        return {**self.shown(task), "taskId": self.new_task_id()}


class TasksReadRelated(Tasks):
    """A task that is read is related to itself."""

    def read(self, task: dict[str, Any]) -> dict[str, Any]:
        return {**self.shown(task), "_meta": {RELATED: {"taskId": task["taskId"]}}}


class TasksNumbered(Tasks):
    """Task ids are numbers."""

    def new_task_id(self) -> Any:
        return len(self.tasks) + 1


class TasksRise(Tasks):
    """A task that was completed works again."""

    def end(self, task: dict[str, Any]) -> None:
        task["status"] = "failed"

    def read(self, task: dict[str, Any]) -> dict[str, Any]:
        shown = self.shown(task)
        return shown if task["status"] == "failed" else {**shown, "status": "completed"}


class TasksPaused(Tasks):
    """A task has a status of the server's own."""

    def read(self, task: dict[str, Any]) -> dict[str, Any]:
        shown = self.shown(task)
        return {**shown, "status": "paused"} if task["status"] == "working" else shown


class TasksUnlisted(Tasks):
    """The list of tasks is empty."""

    def listed(self) -> list[dict[str, Any]]:
        return []


class TasksResultTooSoon(Tasks):
    """The result is given while the task works on."""

    def end(self, task: dict[str, Any]) -> None:
        return


class TasksResultIsTheTask(Tasks):
    """The result is the task."""

    def result(self, task: dict[str, Any]) -> dict[str, Any]:
        return {**self.shown(task), "_meta": {RELATED: {"taskId": task["taskId"]}}}


class TasksResultOfNobody(Tasks):
    """The result does not name its task."""

    def result(self, task: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in super().result(task).items() if name != "_meta"}


class TasksCancelLate(Tasks):
    """A task that has ended can be cancelled."""

    def cancelled(self, message: dict[str, Any], task: dict[str, Any]) -> dict[str, Any]:
        return conforming.response(message, self.shown(task))


class TasksCancelCode(Tasks):
    """The cancellation of a task that has ended gets another error."""

    cancel_code = -32603


class TasksUndeclared(conforming.Server):
    """Makes tasks that it does not declare."""

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "tools/call" and "task" in message["params"]:
            return conforming.response(message, Tasks().created(message["params"]["task"]))
        return super().result_of(message)


class TasksRefused(conforming.Server):
    """Refuses to call as a task what cannot be one."""

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "tools/call" and "task" in message["params"]:
            return conforming.error(message["id"], -32603, "no tasks here")
        return super().result_of(message)
