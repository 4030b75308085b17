"""HTTP translated to calls, no logic."""
