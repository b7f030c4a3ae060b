"""Trees -> the probability of one row at a time, by LightGBM's C interface: a fifth of the time of `Booster.predict`.

The functions are those of LightGBM's documented C API: LGBM_BoosterPredictForMatSingleRowFastInit prepares once what
`Booster.predict` prepares for each call.
"""

from __future__ import annotations

import ctypes
from threading import Lock
from weakref import finalize

import lightgbm
import numpy as np

from ontime.errors import OntimeError

FLOAT32, NORMAL = 0, 0  # C_API_DTYPE_FLOAT32, C_API_PREDICT_NORMAL
ALL_TREES = -1
_LIBRARY = lightgbm.basic._LIB  # nothing public gives it


class OneRow:
    """Trees made ready for one row at a time, on one thread. Calls from several threads wait for one another."""

    def __init__(self, text: str, width: int) -> None:
        """text: the trees in LightGBM's form. width: how many features a row has."""
        self._row = np.empty(width, dtype=np.float32)
        self._lock, self._count, self._result = Lock(), ctypes.c_int64(), ctypes.c_double()
        trees, call, iterations = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_int()
        finalize(self, _free, call, trees)
        _checked(_LIBRARY.LGBM_BoosterLoadModelFromString(text.encode(), _at(iterations), _at(trees)))
        _checked(
            _LIBRARY.LGBM_BoosterPredictForMatSingleRowFastInit(
                trees, NORMAL, 0, ALL_TREES, FLOAT32, ctypes.c_int32(width), b"num_threads=1", _at(call)
            )
        )
        self._arguments = call, ctypes.c_void_p(self._row.ctypes.data), _at(self._count), _at(self._result)

    def probability(self, row: np.ndarray) -> float:
        """The probability that the outcome of a row (width,) is true, not rounded."""
        with self._lock:
            self._row[:] = row
            _checked(_LIBRARY.LGBM_BoosterPredictForMatSingleRowFast(*self._arguments))
            return self._result.value


_at = ctypes.byref


def _free(call: ctypes.c_void_p, trees: ctypes.c_void_p) -> None:
    _LIBRARY.LGBM_FastConfigFree(call)
    _LIBRARY.LGBM_BoosterFree(trees)


def _checked(code: int) -> None:
    if code:
        raise OntimeError(f"LightGBM: {_LIBRARY.LGBM_GetLastError().decode()}")
