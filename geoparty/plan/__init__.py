"""Class sites: instances, solvers and what the answers mean. Only here is the solver known."""
