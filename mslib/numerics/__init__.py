"""Numerical engines that know no biology; each states its method, order and tolerance."""
