"""Accounts, subsidiary accounts, journals and fiscal years of every client file."""
