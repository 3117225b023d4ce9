// Empty: its target compiles the precompiled header that the examples share.
