"""The local stack.

Real Kafka, real PostgreSQL and every service as supervised processes, and the same parts for tests.
"""
