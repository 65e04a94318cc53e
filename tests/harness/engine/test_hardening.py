"""The host configuration of every container, as a value, and its seccomp profile."""

from __future__ import annotations

import json

from harness.engine.hardening import Resources, host_config, seccomp_profile

OPTIONS = host_config(Resources(1, 1, 1, 1), network="none", runtime=None)["SecurityOpt"]
PROFILE = json.loads(OPTIONS[1].removeprefix("seccomp="))
ALLOWED = {
    name: rule.get("args")
    for rule in PROFILE["syscalls"]
    if rule["action"] == "SCMP_ACT_ALLOW"
    for name in rule["names"]
}


def test_the_whole_host_configuration_of_a_container() -> None:
    """Each line is one thing that an example must not have; docker-py leaves out what is not set."""
    config = host_config(Resources(512, 1.5, 64, 32), network="container:abc", runtime="runsc")
    assert {key: value for key, value in config.items() if key != "SecurityOpt"} == {
        "AutoRemove": True,
        "CapDrop": ["ALL"],
        "LogConfig": {"Type": "none", "Config": {}},
        "Memory": 512 * 2**20,
        "MemorySwap": 512 * 2**20,
        "Mounts": [],
        "NanoCpus": 1_500_000_000,
        "NetworkMode": "container:abc",
        "PidsLimit": 64,
        "ReadonlyRootfs": True,
        "Runtime": "runsc",
        "ShmSize": 32 * 2**20,
        "Tmpfs": {"/tmp": "rw,nosuid,nodev,mode=1777,size=32m"},
        "Ulimits": [{"Name": "core", "Soft": 0, "Hard": 0}, {"Name": "nofile", "Soft": 4096, "Hard": 4096}],
    }


def test_it_is_an_allow_list_without_new_privileges() -> None:
    assert OPTIONS[0] == "no-new-privileges"
    assert PROFILE["defaultAction"] == "SCMP_ACT_ERRNO"


def test_what_a_current_default_closes_is_closed() -> None:
    closed = {
        "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl", "add_key", "request_key", "unshare",
        "setns", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "bpf",
        "perf_event_open", "userfaultfd", "mount", "umount2", "pivot_root", "move_mount", "open_tree", "fsopen",
        "fsmount", "fsconfig", "mount_setattr", "chroot", "swapon", "reboot", "kexec_load", "kexec_file_load",
        "init_module", "finit_module", "delete_module", "settimeofday", "clock_settime", "clock_adjtime",
        "adjtimex", "acct", "quotactl", "open_by_handle_at", "syslog", "iopl", "ioperm", "sethostname",
        "setdomainname", "vhangup", "fanotify_init", "nfsservctl", "lookup_dcookie", "uselib", "modify_ldt",
        "clone3", "socketcall",
    }  # fmt: skip
    assert not closed & set(ALLOWED)


def test_socket_families() -> None:
    families = {
        rule["args"][0]["value"]
        for rule in PROFILE["syscalls"]
        if "socket" in rule["names"] and rule["action"] == "SCMP_ACT_ALLOW"
    }
    assert families == {1, 2, 10, 16}
    assert all(rule.get("args") for rule in PROFILE["syscalls"] if {"socket", "socketpair"} & set(rule["names"]))


def test_no_namespace_can_be_made() -> None:
    (argument,) = ALLOWED["clone"]
    new_flags = 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000
    assert argument["value"] == new_flags
    assert argument["op"] == "SCMP_CMP_MASKED_EQ"
    assert argument.get("valueTwo", 0) == 0


def test_no_other_architecture() -> None:
    assert all(not entry["subArchitectures"] for entry in PROFILE["archMap"])


def test_the_profile_in_a_file_is_the_inline_one() -> None:
    assert json.loads(seccomp_profile()) == PROFILE
