"""The live page's server: what may be asked, the processes that work it out, the guard, and how it is opened."""
