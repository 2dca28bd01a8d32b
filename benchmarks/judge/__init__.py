"""A judge that knows how worlds are made, and sees only what the engine sees."""
