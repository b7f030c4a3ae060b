"""git and DVC, asked about a revision.

dvc_adapter: the only module that imports DVC: stages, files of a commit, objects of the cache and of a remote.
history: git: who wrote which line, what is not committed.
revisions: a name -> its commit, and files, tables, hashes and differences of commits.
old_layout: the names that files and params had in earlier commits.
lock: dvc.lock, value by value with its line; which stages a path comes from.
pins: requirements.lock and pyproject.toml: packages with release and hashes.
agreement: where dvc.lock, dvc.yaml, params and files say different things.
lineage: where a model comes from, back to every input.
verification: does the workspace, does the remote hold what dvc.lock names?
"""
