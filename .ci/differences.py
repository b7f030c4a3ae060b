"""Does the workspace hold what is committed? dvc.lock, its outputs and metrics/, upstream first; exit 1 if they differ.

Usage: python .ci/differences.py [REVISION]. For each output that differs it says which file, column and row, and by
how much. The committed content of what DVC moves is read from the cache or the remote, where one of them has it.
"""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from ontime.repo.checked_files import files_below, read_file
from ontime.repo.dvc_adapter import UnavailableError, open_repository

COLUMNS_SHOWN = 8
SHOWN_BY_GIT = "metrics"


def main(revision: str) -> int:
    """Print every difference between `revision` and the workspace. Returns 1 if there is one."""
    with open_repository() as repository:
        stages = repository.stage_names()
    before, now = _lock(_committed("dvc.lock", revision)), _lock(_in_workspace("dvc.lock"))
    lines = [line for stage in stages for line in compare_stage(stage, before, now, revision)]
    lines += compare_rest(stages, now, revision)
    print("\n".join(lines) or f"dvc.lock, its outputs and {SHOWN_BY_GIT}/ are those of {revision}")
    return int(bool(lines))


def compare_stage(stage: str, committed: dict[str, Any], lock: dict[str, Any], revision: str) -> Iterator[str]:
    """What the lock said of one stage and says now; then the content of each output that differs."""
    if stage not in committed or stage not in lock:
        yield f"{stage}: the stage is not in dvc.lock of the {'workspace' if stage in committed else 'commit'}"
        return
    before, now = committed[stage], lock[stage]
    if before["cmd"] != now["cmd"] or before.get("params") != now.get("params"):
        yield f"{stage}: command or params differ from those of the committed run"
    yield from (f"{stage}: reads another {path}" for path in _changed(before, now, "deps"))
    for path in _changed(before, now, "outs"):
        if not path.startswith(f"{SHOWN_BY_GIT}/"):
            yield f"{stage}: makes another {path}"
            yield from (f"    {line}" for line in compare_moved(path, revision))
    for name in _shown(now, revision):
        old, new = _committed(name, revision), _in_workspace(name)
        if old != new:
            yield f"{stage}: makes another {name}"
            yield from (f"    {name}: {line}" for line in compare_content(name, old, new))


def compare_rest(stages: list[str], lock: dict[str, Any], revision: str) -> Iterator[str]:
    """Stages of dvc.lock that dvc.yaml lacks, and files under metrics/ that no stage makes."""
    yield from (f"{stage}: in dvc.lock, but not in dvc.yaml" for stage in lock if stage not in stages)
    outputs = {name for stage in lock.values() for name in _shown(stage, revision)}
    yield from (f"{name}: no stage makes it" for name in sorted(_all_shown(revision) - outputs))


def compare_moved(path: str, revision: str) -> Iterator[str]:
    """What DVC moves, file by file: missing, new, or where its content differs."""
    try:
        before, now = (files_below(Path(path), side) for side in (revision, None))
        for name in sorted({**before, **now}):
            if name not in before or name not in now:
                yield f"{name}: only in the {'workspace' if name in now else 'commit'}"
                continue
            old, new = (read_file(Path(name), side) for side in (revision, None))
            if old != new:
                yield from (f"{name}: {line}" for line in compare_content(name, old, new))
    except UnavailableError as error:
        yield f"its committed content is neither in the cache nor in the remote, so only its hash is known ({error})"


def compare_content(name: str, before: bytes, now: bytes) -> Iterator[str]:
    """Where two tables or JSON files differ, and by how much; empty is a file that is not there."""
    read = READERS.get(name.rpartition(".")[2])
    if read is None or not before or not now:
        yield f"{len(before)} bytes became {len(now)}"
        return
    old, new = read(before), read(now)
    if len(old) != len(new):
        yield f"{len(old)} rows became {len(new)}"
    yield from (f"column {column} is gone" for column in old if column not in new)
    yield from (f"column {column} is new" for column in new if column not in old)
    common = [column for column in old if column in new]
    if [column for column in new if column in old] != common:
        yield "columns stand in another order"
    types = [(column, old[column].dtype, new[column].dtype) for column in common]
    yield from (f"{column}: {before} became {after}" for column, before, after in types if before != after)
    changed = [line for column in common for line in _compare_column(old, new, column)]
    yield from changed[:COLUMNS_SHOWN]
    if len(changed) > COLUMNS_SHOWN:
        yield f"and {len(changed) - COLUMNS_SHOWN} more columns"


def _compare_column(old: pd.DataFrame, new: pd.DataFrame, column: str) -> Iterator[str]:
    rows = min(len(old), len(new))
    before, now = old[column].iloc[:rows], new[column].iloc[:rows]
    differs = ~((before.to_numpy() == now.to_numpy()) | (before.isna() & now.isna()).to_numpy())
    if not differs.any():
        return
    first = int(differs.argmax())
    row = ", ".join(str(value) for value in old.iloc[first, :3])
    where = f"{differs.sum()} rows, first row {first} ({row}): " if len(old) > 1 else ""
    yield f"{column}: {where}{before.iloc[first]} became {now.iloc[first]}{_largest_difference(before, now)}"


def _largest_difference(before: pd.Series, now: pd.Series) -> str:
    if not all(pd.api.types.is_numeric_dtype(values) for values in (before, now)):
        return ""
    largest = (now.astype("float64") - before.astype("float64")).abs().max()
    return "" if pd.isna(largest) else f" (at most {largest:.6g} apart)"


READERS: dict[str, Callable[[bytes], pd.DataFrame]] = {
    "parquet": lambda content: pd.read_parquet(io.BytesIO(content)),
    "csv": lambda content: pd.read_csv(io.BytesIO(content)),
    "json": lambda content: pd.json_normalize(json.loads(content)),
}


def _lock(content: bytes) -> dict[str, Any]:
    return YAML(typ="safe").load(content)["stages"] if content else {}


def _changed(before: dict[str, Any], now: dict[str, Any], kind: str) -> list[str]:
    old, new = ({entry["path"]: entry["md5"] for entry in stage.get(kind, [])} for stage in (before, now))
    return [path for path in {**old, **new} if old.get(path) != new.get(path)]


def _shown(stage: dict[str, Any], revision: str) -> list[str]:
    """The files that git shows of a stage's outputs, folders unfolded."""
    paths = [entry["path"] for entry in stage.get("outs", []) if entry["path"].startswith(f"{SHOWN_BY_GIT}/")]
    return [name for name in sorted(_all_shown(revision)) if any(f"{name}/".startswith(f"{path}/") for path in paths)]


def _all_shown(revision: str) -> set[str]:
    listed = _git("ls-tree", "-r", "--name-only", revision, "--", SHOWN_BY_GIT)
    there = {path.as_posix() for path in Path(SHOWN_BY_GIT).rglob("*") if path.is_file()}
    return set(listed.stdout.decode().splitlines()) | there


def _committed(name: str, revision: str) -> bytes:
    return _git("show", f"{revision}:{name}").stdout


def _in_workspace(name: str) -> bytes:
    return Path(name).read_bytes() if Path(name).exists() else b""


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], capture_output=True, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "HEAD"))
