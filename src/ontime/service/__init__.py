"""The live half: rows asked over HTTP, answered from what has come so far, with a store behind it."""
