"""Pages: server-rendered, complete without JavaScript, made only from what the public API answers."""
