"""What people and schedulers run: actions change the world and are not cached."""
