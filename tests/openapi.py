"""An OpenAPI 3.0 document as a judge of requests, and its example answers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from jsonschema import Draft4Validator, FormatChecker

from payymo_adapters.http import HttpRequest


class Example(NamedTuple):
    """An example answer."""

    path: str
    method: str
    status: int
    name: str
    value: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status} {self.name}"


class Document:
    """An OpenAPI document."""

    def __init__(self, path: Path) -> None:
        self.data: dict[str, Any] = json.loads(path.read_text("utf-8"))

    def faults(self, request: HttpRequest) -> list[str]:
        """What the document does not allow in a request."""
        found = self._operation(request)
        if found is None:
            return [f"no operation {request.method} {request.path}"]
        known = {
            p["name"]: p for p in found.get("parameters", []) if p["in"] == "query"
        }
        return [
            *self._query_faults(request, known),
            *self._body_faults(request, found.get("requestBody")),
        ]

    def _operation(self, request: HttpRequest) -> dict[str, Any] | None:
        for template, operations in self.data["paths"].items():
            pattern = re.sub(r"\{\w+\}", "[^/]+", template)
            if re.fullmatch(pattern, urlsplit(request.path).path):
                found: dict[str, Any] | None = operations.get(request.method.lower())
                return found
        return None

    def _query_faults(
        self, request: HttpRequest, known: dict[str, Any]
    ) -> Iterator[str]:
        for name, value in request.query:
            if name not in known:
                yield f"unknown parameter {name}"
                continue
            schema = known[name]["schema"]
            typed: object = int(value) if schema["type"] == "integer" else value
            yield from self._schema_faults(schema, typed)
        sent = {name for name, _ in request.query}
        yield from (
            f"{name} is missing"
            for name, parameter in known.items()
            if parameter.get("required") and name not in sent
        )

    def _body_faults(self, request: HttpRequest, wanted: Any) -> Iterator[str]:
        if not wanted:
            if request.body:
                yield "a body where none is wanted"
            return
        kind = dict(request.headers).get("content-type")
        if kind not in wanted["content"]:
            yield f"a body of type {kind}"
            return
        body = json.loads(request.body)
        schema = self._resolved(wanted["content"][kind]["schema"])
        yield from self._schema_faults(schema, body)
        yield from (f"unknown key {k}" for k in body if k not in schema["properties"])

    def _schema_faults(self, schema: Any, value: object) -> Iterator[str]:
        validator = Draft4Validator(
            self._resolved(schema), format_checker=FormatChecker()
        )
        yield from (error.message for error in validator.iter_errors(value))

    def _resolved(self, schema: Any) -> Any:
        """A schema without references, ``nullable`` as JSON Schema has it."""
        if isinstance(schema, list):
            return [self._resolved(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self._resolved(self.data["components"]["schemas"][name])
        found = {key: self._resolved(value) for key, value in schema.items()}
        if found.pop("nullable", False):
            found["type"] = [found["type"], "null"]
        return found

    def examples(self) -> Iterator[Example]:
        """Every example answer."""
        for path, operations in self.data["paths"].items():
            for method, operation in operations.items():
                for status, response in operation["responses"].items():
                    for content in response.get("content", {}).values():
                        for name, each in content.get("examples", {}).items():
                            yield Example(
                                path, method.upper(), int(status), name, each["value"]
                            )
