"""Does the workspace hold what is committed? dvc.lock, its outputs and metrics/, upstream first; exit 1 if they differ.

Usage: python .ci/differences.py [REVISION]. For each output that differs it says which file, column and row, and by
how much. The committed content of what DVC moves is read from the cache or the remote, where one of them has it.
"""

import io
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
from dvc.api import DVCFileSystem
from ruamel.yaml import YAML

COLUMNS_SHOWN = 8
SHOWN_BY_GIT = "metrics"


def main(revision: str) -> int:
    """Print every difference between `revision` and the workspace. Returns 1 if there is one."""
    committed, workspace = DVCFileSystem(".", rev=revision), DVCFileSystem(".")
    stages = YAML(typ="safe").load(workspace.read_text("dvc.yaml"))["stages"]
    lines = [line for stage in stages for line in compare_stage(stage, committed, workspace)]
    lines += compare_strays(stages, committed, workspace)
    print("\n".join(lines) or f"dvc.lock, its outputs and {SHOWN_BY_GIT}/ are those of {revision}")
    return int(bool(lines))


def compare_stage(stage: str, committed: DVCFileSystem, workspace: DVCFileSystem) -> Iterator[str]:
    """What the lock says of one stage before and now; then the content of each output that differs."""
    before, now = (_lock(files).get(stage, {}) for files in (committed, workspace))
    if not before or not now:
        yield f"{stage}: the stage is not in dvc.lock of the {'workspace' if before else 'commit'}"
        return
    if before["cmd"] != now["cmd"] or before.get("params") != now.get("params"):
        yield f"{stage}: command or params differ from those of the committed run"
    yield from (f"{stage}: reads another {path}" for path in _changed(before, now, "deps"))
    outputs = dict.fromkeys(_changed(before, now, "outs"))
    outputs |= dict.fromkeys(path for path in _git_outputs(now) if not _same(path, committed, workspace))
    for path in outputs:
        yield f"{stage}: makes another {path}"
        yield from (f"    {line}" for line in compare_output(path, committed, workspace))


def compare_strays(stages: dict[str, Any], committed: DVCFileSystem, workspace: DVCFileSystem) -> Iterator[str]:
    """Stages of dvc.lock that dvc.yaml lacks, and files under metrics/ that no stage makes."""
    lock = _lock(workspace)
    yield from (f"{stage}: in dvc.lock, but not in dvc.yaml" for stage in lock if stage not in stages)
    made = {path for stage in lock.values() for path in _git_outputs(stage)}
    there = {
        name for files in (committed, workspace) if files.exists(SHOWN_BY_GIT) for name in files.find(SHOWN_BY_GIT)
    }
    strays = [name for name in sorted(there) if not any(name == path or name.startswith(f"{path}/") for path in made)]
    yield from (f"{name}: no stage makes it" for name in strays)


def compare_output(path: str, committed: DVCFileSystem, workspace: DVCFileSystem) -> Iterator[str]:
    """File by file: missing, new, or where its content differs."""
    try:
        before, now = (_files(path, files) for files in (committed, workspace))
        for name in sorted(before | now):
            if name not in before or name not in now:
                yield f"{name}: only in the {'workspace' if name in now else 'commit'}"
            elif (old := committed.read_bytes(name)) != (new := workspace.read_bytes(name)):
                yield from (f"{name}: {line}" for line in compare_content(name, old, new))
    except (FileNotFoundError, OSError) as error:
        yield f"its committed content is neither in the cache nor in the remote, so only its hash is known ({error})"


def compare_content(name: str, before: bytes, now: bytes) -> Iterator[str]:
    """Where two tables or JSON files differ, and by how much."""
    read = READERS.get(name.rpartition(".")[2])
    if read is None:
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


def _lock(files: DVCFileSystem) -> dict[str, Any]:
    if not files.exists("dvc.lock"):
        return {}
    return YAML(typ="safe").load(files.read_text("dvc.lock"))["stages"]


def _changed(before: dict[str, Any], now: dict[str, Any], kind: str) -> list[str]:
    old, new = ({entry["path"]: entry["md5"] for entry in stage.get(kind, [])} for stage in (before, now))
    return [path for path in {**old, **new} if old.get(path) != new.get(path)]


def _git_outputs(stage: dict[str, Any]) -> list[str]:
    return [entry["path"] for entry in stage.get("outs", []) if entry["path"].startswith(f"{SHOWN_BY_GIT}/")]


def _same(path: str, committed: DVCFileSystem, workspace: DVCFileSystem) -> bool:
    if not committed.exists(path) or not workspace.exists(path):
        return False
    before, now = (_files(path, files) for files in (committed, workspace))
    return before == now and all(committed.read_bytes(name) == workspace.read_bytes(name) for name in now)


def _files(path: str, files: DVCFileSystem) -> set[str]:
    return set(files.find(path)) if files.isdir(path) else {path}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "HEAD"))
