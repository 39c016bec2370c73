"""The inner loop over a large archive, compiled by numba: its import takes half a second, the first compilation two.

What is compiled lies beside this file, or in the user's folder of caches where that cannot be written to; where neither
can, it is compiled anew by each process that needs it.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

_Function = TypeVar("_Function", bound=Callable[..., Any])
_LANE = 64
"""Scores that are looked at together."""


def _compiled(function: _Function) -> _Function:
    """Compile a function that runs beside others, since it holds no lock."""
    compiled: Any
    try:
        compiled = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # there is no folder that it may write to
        compiled = numba.njit(nogil=True)(function)
    return cast("_Function", compiled)


@_compiled
def look(  # noqa: C901, PLR0912, PLR0913, PLR0917 - one loop for a compiler, which takes no structures
    asking: NDArray[np.int32],
    starts: NDArray[np.int64],
    terms: NDArray[np.int32],
    query: NDArray[np.uint16],
    threads: NDArray[np.int32],
    begins: NDArray[np.uint32],
    places: NDArray[np.uint16],
    found: NDArray[np.uint16],
    groups: NDArray[np.int64],
    same: int,
    near: NDArray[np.int32],
    close: NDArray[np.int32],
    counts: NDArray[np.int64],
) -> None:
    """Have some threads look for their nearest among others, and put those into their lists.

    `asking`: threads by number; `starts`, `terms`, `query`: the vectors of all. `threads`: those who may be found, as
    (`begins`, `places`, `found`) by term: where it begins in the following, places in `threads`, weights. `groups`:
    who looks like whom. `same` is added to each score. `near`, `close`, `counts` are the lists of all, and their
    lengths. The scores of the threads lie in the processor's cache while they are summed.
    """
    scores = np.zeros(len(threads), dtype=np.uint32)
    kept = near.shape[1]
    for thread in asking:
        scores[:] = 0
        for at in range(starts[thread], starts[thread + 1]):
            weight = np.uint32(query[at])
            term = terms[at]
            for entry in range(begins[term], begins[term + 1]):
                scores[places[entry]] += weight * np.uint32(found[entry])
        nearest, closest, count = near[thread], close[thread], counts[thread]
        floor = np.int64(closest[kept - 1]) - same if count == kept else np.int64(1)
        for first in range(0, len(threads), _LANE):
            last = min(first + _LANE, len(threads))
            most = np.uint32(0)
            for one in scores[first:last]:
                if one > most:  # noqa: PLR1730 - with max() it takes ten times as long
                    most = one
            if most == 0 or most < floor:
                continue
            for place in range(first, last):
                score = np.int64(scores[place])
                if score == 0 or score < floor:
                    continue
                other, group, closeness = threads[place], groups[threads[place]], score + same
                if group == groups[thread]:
                    continue
                # Where it goes: in place of the one that looks like it, else of the last, else behind that.
                spot = 0
                while spot < count and groups[nearest[spot]] != group:
                    spot += 1
                spot = min(spot, kept - 1)
                if spot < count and (
                    closeness < closest[spot] or (closeness == closest[spot] and other > nearest[spot])
                ):
                    continue
                count = max(count, spot + 1)
                while spot > 0 and (
                    closest[spot - 1] < closeness or (closest[spot - 1] == closeness and nearest[spot - 1] > other)
                ):
                    nearest[spot], closest[spot] = nearest[spot - 1], closest[spot - 1]
                    spot -= 1
                nearest[spot], closest[spot] = other, closeness
                if count == kept:
                    floor = np.int64(closest[kept - 1]) - same
        counts[thread] = count
