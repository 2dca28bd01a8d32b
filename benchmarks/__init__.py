"""How good and how fast the engine is, on made worlds whose truth is known."""
