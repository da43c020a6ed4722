"""The state table and the workload."""
