"""The pages: what accountants see, rendered by the server on the same actions as the API."""
