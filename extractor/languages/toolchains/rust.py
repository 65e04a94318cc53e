"""Rust in a base image: an official image, Debian's packages, or a toolchain of the host."""

from __future__ import annotations

from typing import Final

from extractor.model import ROOT, TOOLS, Source, Toolchain

FOLDER_VARIABLE: Final = "DOCPROBE_RUST_FOLDER"
"""Names a folder of the host with a Rust toolchain: the one that ``rustc --print sysroot`` prints."""
_HOME: Final = f"{TOOLS}/rust"
_WORK: Final = f"{ROOT}/rust"
"""Crates, and what they were compiled to."""
_LINKER: Final = ("gcc", "libc6-dev", "pkg-config", "libssl-dev")
"""What rustc links with, what build scripts compile C with, and OpenSSL, which reqwest wants by default."""
_TRIAL: Final = 'fn main() { println!("{}", vec![1, 2].iter().sum::<i32>()); }'
_FINISH: Final = (
    ("cargo", "--version"),
    # a toolchain without a linker or without the standard library is of no use
    ("sh", "-c", f"mkdir -p {TOOLS} && cd {TOOLS} && echo '{_TRIAL}' > trial.rs && rustc trial.rs && "
     "test $(./trial) = 3 && rm trial trial.rs"),
    ("sh", "-c", f"mkdir -p {_WORK} && chmod 1777 {ROOT} {_WORK}"),
)  # fmt: skip

RUST: Final = Toolchain(
    "rust",
    "Rust",
    (
        Source(
            "the image rust:1-bookworm",
            (
                ("sh", "-c", 'cd /usr/local/cargo/bin && for name in cargo rustc; do ln -sf "$(./rustup which $name)" '
                 "/usr/local/bin/$name; done"),
                *_FINISH,
            ),
            image="rust:1-bookworm",
        ),
        Source("rustc and cargo of Debian", _FINISH, debian=("rustc", "cargo", *_LINKER)),
        Source(
            f"the folder that {FOLDER_VARIABLE} names",
            (("ln", "-sf", f"{_HOME}/bin/cargo", f"{_HOME}/bin/rustc", "/usr/local/bin/"), *_FINISH),
            debian=_LINKER,
            folder=FOLDER_VARIABLE,
            target=_HOME,
            parts=("bin/cargo", "bin/rustc", "lib"),
        ),
    ),
    versions={"rustc": ("rustc", "--version"), "cargo": ("cargo", "--version")},
    environment={
        "CARGO_HOME": f"{_WORK}/cargo", "CARGO_INCREMENTAL": "0", "CARGO_NET_OFFLINE": "true",
        "CARGO_PROFILE_DEV_DEBUG": "0", "CARGO_TERM_COLOR": "never",
    },
)  # fmt: skip
