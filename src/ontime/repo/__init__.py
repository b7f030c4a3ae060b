"""git and DVC, asked about a revision.

dvc_adapter: the only module that imports DVC: stages, files of a commit, objects of the cache and of a remote.
history: git: who wrote which line, what is not committed.
checked_files: files of a commit, those that DVC moves checked by their hashes.
revisions: a name -> its commit, and files, tables, hashes and differences of commits.
old_layout: the names that files and params had in earlier commits.
lock: dvc.lock, value by value with its line; which stages a path comes from.
pins: requirements.lock and pyproject.toml: packages with release and hashes.
agreement: where dvc.lock, dvc.yaml, params and files say different things.
lineage: where a model comes from, back to every input.
verification: do the workspace, the cache and the remote hold what dvc.lock names?
repair: what they lack, put right from a good copy; the commands that do it.
"""
