"""What ids betray of their generator. Every generator here is seeded: the same ids at each run."""

from __future__ import annotations

import base64
import hashlib
import random
import string
import uuid
from collections.abc import Callable

import pytest

from harness.model import Basis, Verdict
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules.randomness import Sample, refute, varying_bits
from tests.support.transcripts import Talk
from tests.support.verdicts import finding_of

Generator = Callable[[random.Random, int], str]
START_MS = 1_795_343_917_000


def hexadecimal(digits: int) -> Generator:
    return lambda r, at: f"{r.getrandbits(digits * 4):0{digits}x}"


def uuid7(r: random.Random, at: int) -> str:
    value = (START_MS + at * 3) << 80 | 7 << 76 | r.getrandbits(12) << 64 | 2 << 62 | r.getrandbits(62)
    return str(uuid.UUID(int=value))


def uuid7_with_finer_clock(r: random.Random, at: int) -> str:
    value = (START_MS + at * 3) << 80 | 7 << 76 | (at * 97 % 4096) << 64 | 2 << 62 | r.getrandbits(62)
    return str(uuid.UUID(int=value))


def uuid7_of_one_millisecond(r: random.Random, at: int) -> str:
    value = START_MS << 80 | 7 << 76 | r.getrandbits(12) << 64 | 2 << 62 | r.getrandbits(62)
    return str(uuid.UUID(int=value))


def ulid(r: random.Random, at: int) -> str:
    value = (START_MS + at) << 80 | r.getrandbits(80)
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[value >> 5 * digit & 31] for digit in range(25, -1, -1))


def letters(alphabet: str, count: int) -> Generator:
    return lambda r, at: "".join(r.choice(alphabet) for _ in range(count))


RANDOM: dict[str, Generator] = {
    "uuid4": lambda r, at: str(uuid.UUID(int=r.getrandbits(128), version=4)),
    "uuid4 without dashes": lambda r, at: uuid.UUID(int=r.getrandbits(128), version=4).hex,
    "uuid7": uuid7,
    "uuid7 with a finer clock": uuid7_with_finer_clock,
    "uuid7 of one millisecond": uuid7_of_one_millisecond,
    "ulid": ulid,
    "64 bits in hex": hexadecimal(16),
    "64 bits in base64": lambda r, at: base64.urlsafe_b64encode(r.randbytes(8)).decode().rstrip("="),
    "64 bits in decimal": lambda r, at: str(r.getrandbits(64)),
    "nanoid": letters(string.ascii_letters + string.digits + "_-", 21),
    "base36": letters(string.ascii_lowercase + string.digits, 13),
    "with a prefix": lambda r, at: f"session-{r.getrandbits(128):032x}",
    "with the time before": lambda r, at: f"{START_MS + at}-{r.getrandbits(64):016x}",
    "with the time behind": lambda r, at: f"{r.getrandbits(64):016x}.{START_MS + at}",
    "hash of something secret": lambda r, at: hashlib.sha256(r.randbytes(16)).hexdigest(),
    "very long": lambda r, at: "x" * 2000 + r.randbytes(200).hex(),
}
PREDICTABLE: dict[str, Generator] = {
    "counter": lambda r, at: str(at),
    "counter with a name": lambda r, at: f"session-{at:06d}",
    "counter in hex": lambda r, at: f"{at:032x}",
    "counter in a uuid": lambda r, at: str(uuid.UUID(int=4 << 76 | 2 << 62 | at)),
    "counter before a name": lambda r, at: f"{at}@localhost",
    "clock in seconds and a counter": lambda r, at: f"{START_MS // 1000}-{at}",
    "clock": lambda r, at: str(START_MS + at * 7),
    "clock in nanoseconds": lambda r, at: f"{START_MS * 10**6 + at * 3_000_000 + r.randrange(10**6):x}",
    "uuid1": lambda r, at: str(uuid.UUID(fields=(0x1000 * at, 0xE65F, 0x11F1, 0xA9, 0x35, 0x02FC00000001))),
    "60 bits": hexadecimal(15),
    "32 bits": hexadecimal(8),
    "clock and 48 bits": lambda r, at: f"{START_MS * 10**6 + at}-{r.getrandbits(48):012x}",
    "48 bits and clock": lambda r, at: f"{r.getrandbits(48):012x}-{START_MS * 10**6 + at * 999}",
    "Math.random": letters(string.ascii_lowercase + string.digits, 11),
    "always the same": lambda r, at: "fixed",
    "one of ten": lambda r, at: f"{at % 10}-{hashlib.sha256(str(at % 10).encode()).hexdigest()}",
}


def samples(generator: Generator, count: int, seed: int) -> list[Sample]:
    r = random.Random(seed)
    return [Sample(generator(r, at), 0, at + 1) for at in range(count)]


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize("count", [2, 6, 20, 40])
def test_nothing_is_said_against_random_ids(name: str, count: int) -> None:
    accused = [refute(samples(RANDOM[name], count, seed)) for seed in range(30)]
    assert [found.reason for found in accused if found] == []


@pytest.mark.parametrize("name", PREDICTABLE)
@pytest.mark.parametrize("count", [20, 40])
def test_predictable_ids_are_refuted(name: str, count: int) -> None:
    assert refute(samples(PREDICTABLE[name], count, 1)) is not None


@pytest.mark.parametrize("name", ["60 bits", "32 bits", "clock and 48 bits", "Math.random"])
def test_the_number_of_bits_alone_is_a_reading(name: str) -> None:
    found = refute(samples(PREDICTABLE[name], 20, 1))
    assert found is not None
    assert found.by_size
    talk = Talk()
    for id in (sample.id for sample in samples(PREDICTABLE[name], 20, 1)):
        talk.initialize(steps.IDS_INITIALIZE, label=id, id=id)
    for requirement in ("hijack.id-nondeterministic", "session.id-secure"):
        finding = finding_of(talk.transcript(), requirement)
        assert (finding.verdict, finding.basis, finding.gates) == (Verdict.VIOLATED, Basis.INTERPRETATION, False)


@pytest.mark.parametrize("name", ["counter", "counter in a uuid", "clock", "always the same", "one of ten"])
def test_counters_clocks_and_repeats_are_refuted_by_the_text(name: str) -> None:
    found = refute(samples(PREDICTABLE[name], 20, 1))
    assert found is not None
    assert not found.by_size


def test_the_same_ids_after_a_restart() -> None:
    first = samples(RANDOM["uuid4"], 20, seed=1)
    again = [Sample(sample.id, 1, sample.exchange + 100) for sample in first[:3]]
    found = refute([*first, *again])
    assert found is not None
    assert "after a restart" in found.reason
    assert found.exchanges == (1, 101)


def test_bits_are_counted_without_shared_and_timed_parts() -> None:
    ids = [sample.id for sample in samples(RANDOM["with the time before"], 20, 1)]
    assert 60 <= varying_bits(ids) <= 70
    assert varying_bits(["same"] * 20) == 0


def test_hostile_ids_take_no_time() -> None:
    hostile = [Sample("9" * 60_000 + str(at), 0, at) for at in range(24)]
    assert refute(hostile) is not None
    assert refute([Sample("\u0669" * 50 + str(at), 0, at) for at in range(24)]) is not None
