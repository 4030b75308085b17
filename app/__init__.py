"""The service: HTTP, storage and processes around the engine, which does all computing and knows nothing of it."""
