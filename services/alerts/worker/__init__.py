"""Stages 4 to 6 over one batch at a time: the Faust shell, the embedded loop, and what both drive."""
