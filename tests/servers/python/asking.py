"""Servers of 2026-07-28 whose tools ask for input or name headers of their parameters, right and wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any, ClassVar

import conforming
from modern import CACHEABLE, HEADER_MISMATCH, INVALID_PARAMS, META, Answered, ModernOnly, decoded

if TYPE_CHECKING:
    from wire import Request

KEY = b"only the server has it"
MISSING_CAPABILITY = -32021
QUESTION = {
    "method": "elicitation/create",
    "params": {
        "mode": "form",
        "message": "How many?",
        "requestedSchema": {
            "type": "object",
            "properties": {"number": {"type": "integer"}},
            "required": ["number"],
        },
    },
}


class ModernAsking(ModernOnly):
    """A tool that asks how many it shall order, and keeps what it knows in a signed state."""

    order: ClassVar = {"name": "order", "inputSchema": {"type": "object", "properties": {}}}

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "tools/list":
            return conforming.response(message, {"tools": [self.order]})
        if message["method"] == "tools/call":
            return conforming.response(message, self.ordered(message["params"]))
        return super().result_of(message)

    def result_fields(self, method: str) -> dict[str, Any]:
        fields = super().result_fields(method)
        return fields if method in CACHEABLE or method == "server/discover" else {"_meta": fields["_meta"]}

    def ordered(self, params: dict[str, Any]) -> dict[str, Any]:
        self.check_client(params["_meta"][f"{META}clientCapabilities"])
        answers = params.get("inputResponses", {})
        if "requestState" not in params:
            return self.question()
        price = self.state_of(params["requestState"])["price"]
        self.check_answers(answers)
        if "number" not in answers:
            return self.again()
        number = answers["number"]["content"]["number"]
        return {"resultType": "complete", "content": [{"type": "text", "text": f"paid {number * price}"}]}

    def check_client(self, declared: dict[str, Any]) -> None:
        if "elicitation" not in declared:
            data = {"requiredCapabilities": {"elicitation": {"form": {}}}}
            raise Answered(400, MISSING_CAPABILITY, "this tool asks the user", data)

    def check_answers(self, answers: Any) -> None:
        if not isinstance(answers, dict):
            raise Answered(200, INVALID_PARAMS, "inputResponses is not an object")

    def again(self) -> dict[str, Any]:
        return self.question()

    def question(self) -> dict[str, Any]:
        return {"resultType": "input_required", "inputRequests": {"number": QUESTION}, "requestState": self.state()}

    def state(self) -> str:
        body = base64.urlsafe_b64encode(json.dumps({"price": 5}).encode()).decode()
        return f"{body}.{self.signature(body)}"

    def signature(self, body: str) -> str:
        return hmac.new(KEY, body.encode(), hashlib.sha256).hexdigest()

    def state_of(self, state: str) -> dict[str, Any]:
        body, _, signature = state.partition(".")
        if not self.is_signed(body, signature):
            raise Answered(200, INVALID_PARAMS, "not a state of this server")
        return dict(json.loads(base64.urlsafe_b64decode(body)))

    def is_signed(self, body: str, signature: str) -> bool:
        return hmac.compare_digest(signature, self.signature(body))


class ModernAsksAnybody(ModernAsking):
    """Asks clients that cannot answer."""

    def check_client(self, declared: dict[str, Any]) -> None:
        return


class ModernCapabilityCode(ModernAsking):
    """A missing capability is an invalid parameter."""

    def check_client(self, declared: dict[str, Any]) -> None:
        if "elicitation" not in declared:
            raise Answered(400, INVALID_PARAMS, "this tool asks the user")


class ModernCapability200(ModernAsking):
    """A missing capability gets its error under 200."""

    def check_client(self, declared: dict[str, Any]) -> None:
        if "elicitation" not in declared:
            data = {"requiredCapabilities": {"elicitation": {"form": {}}}}
            raise Answered(200, MISSING_CAPABILITY, "this tool asks the user", data)


class ModernCapabilityUnnamed(ModernAsking):
    """The error does not say which capability is missing."""

    def check_client(self, declared: dict[str, Any]) -> None:
        if "elicitation" not in declared:
            raise Answered(400, MISSING_CAPABILITY, "this tool asks the user")


class ModernAsksForNothing(ModernAsking):
    """A result that asks for input, and does not say for which."""

    def question(self) -> dict[str, Any]:
        return {"resultType": "input_required"}


class ModernAsksOddly(ModernAsking):
    """Asks the client for its tools."""

    def question(self) -> dict[str, Any]:
        asked = super().question()
        return {**asked, "inputRequests": {**asked["inputRequests"], "tools": {"method": "tools/list"}}}


class ModernStateUnsigned(ModernAsking):
    """The price is what the client says it is."""

    def is_signed(self, body: str, signature: str) -> bool:
        return True


class ModernAsksOnce(ModernAsking):
    """Input that is missing is an error."""

    def again(self) -> dict[str, Any]:
        raise Answered(200, INVALID_PARAMS, "no number")


class ModernRefusesMore(ModernAsking):
    """An answer that nobody asked for is an error."""

    def check_answers(self, answers: Any) -> None:
        super().check_answers(answers)
        if set(answers) - {"number"}:
            raise Answered(200, INVALID_PARAMS, "unknown input")


class ModernTakesAnything(ModernAsking):
    """Input that is not an object is taken as if it were right."""

    def ordered(self, params: dict[str, Any]) -> dict[str, Any]:
        if isinstance(params.get("inputResponses"), str):
            params = {**params, "inputResponses": {"number": {"content": {"number": 1}}}}
        return super().ordered(params)


class ModernRegions(ModernOnly):
    """Tools whose region and number of rows are repeated in headers."""

    properties: ClassVar[dict[str, Any]] = {
        "region": {"type": "string", "x-mcp-header": "Region"},
        "fast": {"type": ["boolean", "null"], "x-mcp-header": "Fast"},
    }

    def tool(self) -> dict[str, Any]:
        return {"name": "query", "inputSchema": {"type": "object", "properties": self.properties}}

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "tools/list":
            plain = {"name": "plain", "inputSchema": {"type": "object"}}
            return conforming.response(message, {"tools": [self.tool(), plain]})
        return super().result_of(message)

    def check_name(self, request: Request, message: dict[str, Any]) -> None:
        super().check_name(request, message)
        if message["method"] == "tools/call" and message["params"]["name"] == "query":
            self.check_parameters(request, message["params"].get("arguments", {}))

    def check_parameters(self, request: Request, arguments: dict[str, Any]) -> None:
        for name, schema in self.properties.items():
            header = request.header(f"mcp-param-{schema['x-mcp-header'].lower()}")
            self.check_parameter(header, arguments.get(name))

    def check_parameter(self, header: str | None, value: Any) -> None:
        self.check_characters(header)
        if value is None:
            if header is not None:
                raise Answered(400, HEADER_MISMATCH, "a header without its argument")
        elif header is None:
            self.no_parameter()
        elif not self.equal(self.read(header), value):
            self.differs()

    def check_characters(self, header: str | None) -> None:
        if header is not None and not header.isascii():
            raise Answered(400, HEADER_MISMATCH, "not ASCII")

    def no_parameter(self) -> None:
        raise Answered(400, HEADER_MISMATCH, "a header is missing")

    def differs(self) -> None:
        raise Answered(400, HEADER_MISMATCH, "a header differs from its argument")

    def read(self, header: str) -> str | None:
        return decoded(header)

    def equal(self, header: str | None, value: Any) -> bool:
        if isinstance(value, bool):
            return header == str(value).lower()
        if isinstance(value, int):
            return float(header or "nan") == value
        return header == value


class ModernRows(ModernRegions):
    """The number of rows is repeated in a header."""

    properties: ClassVar = {"rows": {"type": "integer", "x-mcp-header": "Rows"}}


class ModernIgnoresParameter(ModernRegions):
    """A header may differ from its argument."""

    def differs(self) -> None:
        return


class ModernChecksOneParameter(ModernRegions):
    """Only the first of a tool's headers is compared with its argument."""

    def check_parameters(self, request: Request, arguments: dict[str, Any]) -> None:
        self.check_parameter(request.header("mcp-param-region"), arguments.get("region"))


class ModernNeedsNoParameter(ModernRegions):
    """A header may be missing."""

    def no_parameter(self) -> None:
        return


class ModernParameterAsSent(ModernRegions):
    """A header is compared as it was sent, in base64 or not."""

    def read(self, header: str) -> str | None:
        return header


class ModernParameterInLatin1(ModernRegions):
    """A header may have characters beyond ASCII."""

    def check_characters(self, header: str | None) -> None:
        return


class ModernExpectsParameter(ModernRegions):
    """A header is expected where there is no argument."""

    properties: ClassVar = {"region": {"type": "string", "x-mcp-header": "Region"}}

    def check_parameter(self, header: str | None, value: Any) -> None:
        if header is None:
            self.no_parameter()
        super().check_parameter(header, value)


class ModernParameter422(ModernRegions):
    """A header that differs from its argument gets 422."""

    def differs(self) -> None:
        raise Answered(422, HEADER_MISMATCH, "a header differs from its argument")


class ModernRefusesParameters(ModernRegions):
    """A right header is refused."""

    def equal(self, header: str | None, value: Any) -> bool:
        return False


class ModernRowsAsText(ModernRows):
    """A number's header is compared letter by letter."""

    def equal(self, header: str | None, value: Any) -> bool:
        return super().equal(header, value) if isinstance(value, bool) else header == str(value)


class ModernRowsOfRegionAsText(ModernRowsAsText):
    """The same beside a header with a text."""

    properties: ClassVar = {**ModernRegions.properties, **ModernRows.properties}


class _Annotated(ModernOnly):
    """Lists a tool with one property."""

    schema: ClassVar[dict[str, Any]]

    def result_of(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["method"] == "tools/list":
            tools = [{"name": "query", "inputSchema": {"type": "object", **self.schema}}]
            return conforming.response(message, {"tools": [*tools, {"name": "b", "inputSchema": {"type": "object"}}]})
        return super().result_of(message)


class ModernSpacedAnnotation(_Annotated):
    """A header's name has a space."""

    schema: ClassVar = {"properties": {"a": {"type": "string", "x-mcp-header": "My Region"}}}


class ModernEmptyAnnotation(_Annotated):
    """A header has no name."""

    schema: ClassVar = {"properties": {"a": {"type": "string", "x-mcp-header": ""}}}


class ModernSameAnnotation(_Annotated):
    """Two headers have one name."""

    schema: ClassVar = {
        "properties": {
            "a": {"type": "string", "x-mcp-header": "Region"},
            "b": {"type": "string", "x-mcp-header": "REGION"},
        }
    }


class ModernNumberAnnotation(_Annotated):
    """A header for a number with a fraction."""

    schema: ClassVar = {"properties": {"a": {"type": "number", "x-mcp-header": "Rate"}}}


class ModernItemsAnnotation(_Annotated):
    """A header for each item of a list."""

    schema: ClassVar = {
        "properties": {"a": {"type": "array", "items": {"type": "string", "x-mcp-header": "Region"}}},
    }
