"""Relatedness: the terms of a thread's text, and for each thread its nearest others.

terms → weights → ranking
"""

from medqa.related.ranking import Candidate, neighbours
from medqa.related.terms import term_counts

__all__ = ["Candidate", "neighbours", "term_counts"]
