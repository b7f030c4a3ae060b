"""The machinery, pure: frames and arrays in, frames, arrays and dataclasses out."""
