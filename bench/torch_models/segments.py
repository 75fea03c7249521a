"""Sums and means of rows by the node they belong to, the way published graph networks write them."""

import torch


def directed(pairs: torch.Tensor) -> torch.Tensor:
    """(E,2): every pair, then every pair turned around; a list that has both directions stays as it is."""
    first, second = pairs.unbind(1)
    if bool((first > second).any()) and bool((first < second).any()):
        return pairs
    return torch.cat([pairs, pairs.flip(1)])


def sum_rows(rows: torch.Tensor, index: torch.Tensor, n: int) -> torch.Tensor:
    """y[i] = sum of the rows with this index, (n, ...)"""
    return rows.new_zeros((n, *rows.shape[1:])).index_add(0, index, rows)


def mean_rows(rows: torch.Tensor, index: torch.Tensor, n: int) -> torch.Tensor:
    """0 where there is no row"""
    count = sum_rows(torch.ones_like(rows[:, :1]), index, n)
    return sum_rows(rows, index, n) / count.clamp(min=1)
